// C = A B on a matrix unit, for training: the same products as nn/gemm.h, faster where the CPU has such a unit, and within float32's own rounding of them.
// Inference never comes here: there a row's bits must not depend on how many rows it is multiplied with.
#ifndef IG_NN_GEMM_SPLIT_H
#define IG_NN_GEMM_SPLIT_H
#include "nn/gemm.h"

// Is there a unit, and is the product large enough to be worth packing?
bool ig_gemm_split_worth(const ig_nn *nn, size_t m, size_t n, size_t k);
void ig_gemm_split_run(ig_nn *nn, const ig_gemm *gemm);             // gemm->packed is not used
size_t ig_gemm_split_scratch(const ig_nn *nn, size_t m, size_t n);  // bytes; 0 without a unit
#endif
