// What a review looks at: a source with one of its translations, or with its given target.
#ifndef IG_PIPELINE_REVIEWED_PAIR_H
#define IG_PIPELINE_REVIEWED_PAIR_H
#include "pipeline/translator.h"
#include "pipeline/unknown_pieces.h"

typedef struct ig_reviewed_pair {
  size_t sentence;            // of the window
  int hypothesis;             // of n-best, from 0
  ig_ids target;              // borrowed; without ids: there is nothing to look at
  float *weights;             // (target ids, source ids), malloc'ed; NULL: nobody asks
  float *log_probs;           // (target ids), malloc'ed; NULL: nobody asks
  size_t first_own;           // source ids before it are those of a prefix
  ig_unknown_pieces unknown;  // of the source, if its ids hold <unk>
} ig_reviewed_pair;
#endif
