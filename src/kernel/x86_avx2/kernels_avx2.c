// The kernel table of AVX2 + FMA: 6 x 16 register tiles (12 of 16 registers hold C).
#include "kernel/x86_avx2/vector_avx2.h"
#include <math.h>
#include <string.h>
#include "kernel/kernels.h"
#include "kernel/simd/vector_math.h"
#include "kernel/simd/row_kernels.h"
#include "kernel/simd/int8_rows.h"
#include "kernel/simd/training_kernels.h"

#define GEMM_MR 6
#include "kernel/simd/gemm_kernels.h"

// clang-format off
REGISTER_TILE(1, 1) REGISTER_TILE(1, 2) REGISTER_TILE(1, 3) REGISTER_TILE(1, 4)
REGISTER_TILE(2, 1) REGISTER_TILE(2, 2) REGISTER_TILE(2, 3) REGISTER_TILE(2, 4)
REGISTER_TILE(3, 1) REGISTER_TILE(3, 2)
REGISTER_TILE(4, 1) REGISTER_TILE(4, 2)
REGISTER_TILE(5, 1) REGISTER_TILE(5, 2)
REGISTER_TILE(6, 1) REGISTER_TILE(6, 2)

static const multiply_function multiply_functions[GEMM_MR][GEMM_MAX_VECTORS] = {
    {multiply_1x1, multiply_1x2, multiply_1x3, multiply_1x4},
    {multiply_2x1, multiply_2x2, multiply_2x3, multiply_2x4},
    {multiply_3x1, multiply_3x2},
    {multiply_4x1, multiply_4x2},
    {multiply_5x1, multiply_5x2},
    {multiply_6x1, multiply_6x2},
};
// clang-format on

#include "kernel/simd/kernel_table.h"
KERNELS_TABLE(ig_kernels_avx2, "avx2", IG_CPU_FEATURE_AVX2, ig_int8_multiply_avx2, NULL);
#if defined(IG_AVX_VNNI)
KERNELS_TABLE(ig_kernels_avx_vnni, "avx_vnni", IG_CPU_FEATURE_AVX_VNNI, ig_int8_multiply_avx_vnni,
              NULL);
#endif
