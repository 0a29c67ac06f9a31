// The kernel table of AVX-512: 14 x 32 register tiles (28 of 32 registers hold C).
#include "kernel/x86_avx512/vector_avx512.h"
#include <math.h>
#include <string.h>
#include "kernel/kernels.h"
#include "kernel/simd/vector_math.h"
#include "kernel/simd/row_kernels.h"
#include "kernel/simd/int8_rows.h"
#include "kernel/simd/training_kernels.h"

#define GEMM_MR 14
#include "kernel/simd/gemm_kernels.h"

// clang-format off
REGISTER_TILE(1, 1) REGISTER_TILE(1, 2) REGISTER_TILE(1, 3) REGISTER_TILE(1, 4)
REGISTER_TILE(2, 1) REGISTER_TILE(2, 2) REGISTER_TILE(2, 3) REGISTER_TILE(2, 4)
REGISTER_TILE(3, 1) REGISTER_TILE(3, 2) REGISTER_TILE(3, 3) REGISTER_TILE(3, 4)
REGISTER_TILE(4, 1) REGISTER_TILE(4, 2) REGISTER_TILE(4, 3) REGISTER_TILE(4, 4)
REGISTER_TILE(5, 1) REGISTER_TILE(5, 2) REGISTER_TILE(5, 3) REGISTER_TILE(5, 4)
REGISTER_TILE(6, 1) REGISTER_TILE(6, 2) REGISTER_TILE(6, 3) REGISTER_TILE(6, 4)
REGISTER_TILE(7, 1) REGISTER_TILE(7, 2)
REGISTER_TILE(8, 1) REGISTER_TILE(8, 2)
REGISTER_TILE(9, 1) REGISTER_TILE(9, 2)
REGISTER_TILE(10, 1) REGISTER_TILE(10, 2)
REGISTER_TILE(11, 1) REGISTER_TILE(11, 2)
REGISTER_TILE(12, 1) REGISTER_TILE(12, 2)
REGISTER_TILE(13, 1) REGISTER_TILE(13, 2)
REGISTER_TILE(14, 1) REGISTER_TILE(14, 2)

static const multiply_function multiply_functions[GEMM_MR][GEMM_MAX_VECTORS] = {
    {multiply_1x1, multiply_1x2, multiply_1x3, multiply_1x4},
    {multiply_2x1, multiply_2x2, multiply_2x3, multiply_2x4},
    {multiply_3x1, multiply_3x2, multiply_3x3, multiply_3x4},
    {multiply_4x1, multiply_4x2, multiply_4x3, multiply_4x4},
    {multiply_5x1, multiply_5x2, multiply_5x3, multiply_5x4},
    {multiply_6x1, multiply_6x2, multiply_6x3, multiply_6x4},
    {multiply_7x1, multiply_7x2},
    {multiply_8x1, multiply_8x2},
    {multiply_9x1, multiply_9x2},
    {multiply_10x1, multiply_10x2},
    {multiply_11x1, multiply_11x2},
    {multiply_12x1, multiply_12x2},
    {multiply_13x1, multiply_13x2},
    {multiply_14x1, multiply_14x2},
};
// clang-format on

#include "kernel/simd/kernel_table.h"
KERNELS_TABLE(ig_kernels_avx512, "avx512", IG_CPU_FEATURE_AVX512, ig_int8_multiply_avx2, NULL);
#if defined(IG_AVX512_VNNI)
KERNELS_TABLE(ig_kernels_avx512_vnni, "avx512_vnni", IG_CPU_FEATURE_AVX512_VNNI,
              ig_int8_multiply_avx512_vnni, NULL);
#endif
#if defined(IG_AMX)
KERNELS_TABLE(ig_kernels_amx, "amx", IG_CPU_FEATURE_AMX | IG_CPU_FEATURE_AVX512_VNNI,
              ig_int8_multiply_avx512_vnni, &ig_matrix_unit_amx);
#endif
