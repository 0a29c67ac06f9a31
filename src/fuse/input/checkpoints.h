// The checkpoints of a training run that a recipe means: `checkpoints: RUN` with `every`, `last`
// and `best`.
#ifndef IG_FUSE_INPUT_CHECKPOINTS_H
#define IG_FUSE_INPUT_CHECKPOINTS_H
#include <stddef.h>
#include "ingot/core.h"

typedef struct ig_checkpoints_wanted {
  int every;           // only those whose number of updates it divides; 0: all
  int last;            // of those, the latest so many; 0: all
  int best;            // of those, the best so many by RUN/metrics.jsonl; 0: all
  const char *metric;  // a key of its lines: "bleu", "chrf", or "valid_loss" and "valid_nll", of
                       // which less is better
} ig_checkpoints_wanted;

// The directories RUN/update-N that are wanted, in the order of N. *out: malloc'ed strings in a
// malloc'ed array, for the caller to free(). It is an error if there are none.
ig_status ig_checkpoints_find(const char *run, const ig_checkpoints_wanted *wanted, char ***out,
                              size_t *count, ig_error *err);
#endif
