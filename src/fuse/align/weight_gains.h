// How well each unit of one model fits each place of another, by their weights: the inner products
// of all rows and columns that go by a permutation, while the others are in given orders.
#ifndef IG_FUSE_ALIGN_WEIGHT_GAINS_H
#define IG_FUSE_ALIGN_WEIGHT_GAINS_H
#include "fuse/align/order_turns.h"
#include "nn/gemm.h"

typedef struct ig_weight_gains {
  const ig_symmetries *symmetries;
  const float *to, *from;  // values of two models with these symmetries, borrowed
  ig_nn nn;
  ig_arena scratch;
  float *product;   // (most places of a permutation, the same)
  float *gathered;  // (most places of a permutation, depth of a product)
  double *gain;     // (most places, the same)
} ig_weight_gains;

// Bytes of what ig_weight_gains_create allocates.
size_t ig_weight_gains_memory(const ig_symmetries *symmetries, const ig_kernels *kernels);
// The caller has set symmetries, to, from, and kernels and pool of nn. ig_weight_gains_free in any
// case.
ig_status ig_weight_gains_create(ig_weight_gains *gains, ig_error *err);
void ig_weight_gains_free(ig_weight_gains *gains);

// gains->gain (n, n): gain[i][j] of unit j of `from` at place i. The same bits for any threads.
void ig_weight_gains_find(ig_weight_gains *gains, const ig_order_gains_wanted *wanted);

// The cosine of the two models' matrices as one long vector each, with `from` in those orders; 0
// where one of them is all zeros.
double ig_weight_gains_similarity(const ig_weight_gains *gains, const uint32_t *orders);
#endif
