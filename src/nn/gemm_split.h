// C = A B on a matrix unit: the same products as nn/gemm.h, faster where the CPU has such a unit,
// and within float32's own rounding of them. Large products of training come here, and those with
// `many_rows`; ig_gemm_run sends them. A row's bits do not depend on how many rows it is multiplied
// with, but differ from those that vectors give: so whatever asks for equal rows sends all of them
// here or none.
#ifndef IG_NN_GEMM_SPLIT_H
#define IG_NN_GEMM_SPLIT_H
#include "nn/gemm.h"

// Is there a unit, and is the product large enough to be worth packing?
bool ig_gemm_split_worth(const ig_nn *nn, size_t m, size_t n, size_t k);
void ig_gemm_split_run(ig_nn *nn,
                       const ig_gemm *gemm);  // gemm->packed: NULL or of ig_gemm_split_pack
size_t ig_gemm_split_scratch(const ig_nn *nn, size_t m, size_t n);  // bytes; 0 without a unit
// B (k, n) split and packed before; IG_ALIGNMENT-aligned.
size_t ig_gemm_split_packed_bytes(const ig_matrix_unit *unit, size_t n, size_t k);
void ig_gemm_split_pack(ig_nn *nn, size_t n, size_t k, const float *b, size_t b_depth,
                        size_t b_column, void *packed);
#endif
