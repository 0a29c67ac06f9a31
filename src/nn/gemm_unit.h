// C = A B on a unit that multiplies packed panels (kernel/product_unit.h): the products of
// nn/gemm.h. ig_gemm_run sends here the large products of float32 training where there is a matrix
// unit, those of the layout IG_WEIGHT_LAYOUT_BFLOAT16_PARTS, and all products of training in
// bfloat16. The bits of a row of C do not depend on how many rows it is multiplied with, but those
// of a matrix unit differ from those that vectors give: a caller whose rows must be equal sends all
// of them here, or none.
#ifndef IG_NN_GEMM_UNIT_H
#define IG_NN_GEMM_UNIT_H
#include "nn/gemm.h"

// Whether there is a unit and the product is large enough to be worth packing.
bool ig_gemm_unit_worth(const ig_product_unit *unit, size_t m, size_t n, size_t k);
// m and n at least 1. gemm->packed: without data, or packed by ig_gemm_unit_pack.
void ig_gemm_unit_run(ig_nn *nn, const ig_product_unit *unit, const ig_gemm *gemm);
// Scratch bytes that ig_gemm_unit_run needs.
size_t ig_gemm_unit_scratch(const ig_nn *nn, const ig_product_unit *unit, size_t m, size_t n);
// Bytes of B (k, n) packed for the unit, and packing it into memory that is aligned to
// IG_ALIGNMENT.
size_t ig_gemm_unit_packed_bytes(const ig_product_unit *unit, size_t n, size_t k);
void ig_gemm_unit_pack(ig_nn *nn, const ig_product_unit *unit, const ig_gemm_operand *b,
                       void *memory);
#endif
