// Weights in bfloat16 for the kernels of panels (kernel/kernels.h, IG_PANEL_TYPE_BFLOAT16). They
// are multiplied as what they are in float32, so a product has the bits of one in float32 with
// rounded weights; only the bytes that it reads are half as many.
#ifndef IG_NN_GEMM_BF16_H
#define IG_NN_GEMM_BF16_H
#include "nn/nn.h"

// Bytes of B (k, n) in bfloat16 panels.
size_t ig_gemm_bf16_packed_bytes(const ig_kernels *kernels, size_t n, size_t k);
// Packs B by the threads of nn. Values are rounded to nearest, ties to even; NaN stays NaN.
void ig_gemm_bf16_pack(ig_nn *nn, const ig_gemm_operand *b, uint16_t *panels);
// Where column j of a panel of so many lies in each of its rows: the halves are interleaved.
static inline size_t ig_gemm_bf16_place(size_t j, size_t width) {
  return 2 * (j % (width / 2)) + j / (width / 2);
}
// Copies one column of a packed B to `to` (k).
void ig_gemm_bf16_unpack_column(const ig_kernels *kernels, const uint16_t *panels, size_t k,
                                size_t column, float *to);
#endif
