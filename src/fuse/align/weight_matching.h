// The orders in which one model's weights are most like another's   (Ainsworth et al. 2023, "Git
// Re-Basin: Merging Models modulo Permutation Symmetries", algorithm 1): one permutation after the
// other is set to the best for the present orders of the others, until none gains any more.
#ifndef IG_FUSE_ALIGN_WEIGHT_MATCHING_H
#define IG_FUSE_ALIGN_WEIGHT_MATCHING_H
#include "base/pool.h"
#include "fuse/align/symmetries.h"
#include "kernel/kernels.h"

typedef struct ig_weight_matching {
  const ig_symmetries *symmetries;
  const float *to, *from;  // values of two models with these symmetries
  uint64_t seed;           // of the order in which permutations are set
  // The first try begins with the streams' orders by what stays, the embeddings above all; so many
  // further ones begin with everything in its place. The best counts.
  int restarts;
  const ig_kernels *kernels;
  ig_pool *pool;
  const ig_interrupter *interrupter;  // NULL: nothing ends it early
} ig_weight_matching;

typedef struct ig_weight_matching_result {
  double similarity_before, similarity_after;  // ig_weight_gains_similarity
  int best_try;                                // counted from 0
  size_t moved[IG_PERMUTATION_KINDS];          // how many stand at another place than before
} ig_weight_matching_result;

// Bytes of buffers, besides the models' values.
size_t ig_weight_matching_memory(const ig_symmetries *symmetries, const ig_kernels *kernels);
// orders (places): those of `from` that fit `to`. The same bits for any threads. IG_INTERRUPTED: it
// was asked to stop.
ig_status ig_weight_matching_find(const ig_weight_matching *matching, uint32_t *orders,
                                  ig_weight_matching_result *result, ig_error *err);
#endif
