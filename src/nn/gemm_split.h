// C = A B on a matrix unit: the products of nn/gemm.h, faster where the CPU has such a unit, and
// within float32's own rounding of them. ig_gemm_run sends here the large products of training, and
// those of the layout IG_WEIGHT_LAYOUT_BFLOAT16_PARTS. The bits of a row of C do not depend on how
// many rows it is multiplied with, but they differ from those that vectors give: a caller whose
// rows must be equal sends all of them here, or none.
#ifndef IG_NN_GEMM_SPLIT_H
#define IG_NN_GEMM_SPLIT_H
#include "nn/gemm.h"

// Whether the kernels have a unit and the product is large enough to be worth packing.
bool ig_gemm_split_worth(const ig_nn *nn, size_t m, size_t n, size_t k);
// gemm->packed: without data, or in the layout IG_WEIGHT_LAYOUT_BFLOAT16_PARTS.
void ig_gemm_split_run(ig_nn *nn, const ig_gemm *gemm);
// Scratch bytes that ig_gemm_split_run needs; 0 without a unit.
size_t ig_gemm_split_scratch(const ig_nn *nn, size_t m, size_t n);
// Bytes of B (k, n) in the layout IG_WEIGHT_LAYOUT_BFLOAT16_PARTS, and packing it into memory that
// is aligned to IG_ALIGNMENT.
size_t ig_gemm_split_packed_bytes(const ig_matrix_unit *unit, size_t n, size_t k);
void ig_gemm_split_pack(ig_nn *nn, const ig_gemm_operand *b, void *memory);
#endif
