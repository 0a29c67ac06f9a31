// The kernel table of AVX-512: 14 x 32 register tiles (28 of 32 registers hold C).
#include "kernel/x86_avx512/vector_avx512.h"
#include <math.h>
#include <string.h>
#include "kernel/kernels.h"
#include "kernel/simd/vector_math.h"
#include "kernel/simd/listed_rows.h"
#include "kernel/simd/row_kernels.h"
#include "kernel/simd/int8_rows.h"
#include "kernel/simd/training_kernels.h"

#define GEMM_MR 14
// clang-format off
#define REGISTER_TILES(TILE) \
  TILE(1, 1) TILE(1, 2) TILE(1, 3) TILE(1, 4) \
  TILE(2, 1) TILE(2, 2) TILE(2, 3) TILE(2, 4) \
  TILE(3, 1) TILE(3, 2) TILE(3, 3) TILE(3, 4) \
  TILE(4, 1) TILE(4, 2) TILE(4, 3) TILE(4, 4) \
  TILE(5, 1) TILE(5, 2) TILE(5, 3) TILE(5, 4) \
  TILE(6, 1) TILE(6, 2) TILE(6, 3) TILE(6, 4) \
  TILE(7, 1) TILE(7, 2) \
  TILE(8, 1) TILE(8, 2) \
  TILE(9, 1) TILE(9, 2) \
  TILE(10, 1) TILE(10, 2) \
  TILE(11, 1) TILE(11, 2) \
  TILE(12, 1) TILE(12, 2) \
  TILE(13, 1) TILE(13, 2) \
  TILE(14, 1) TILE(14, 2)
// clang-format on
#include "kernel/simd/gemm_kernels.h"

#include "kernel/simd/kernel_table.h"
KERNELS_TABLE(ig_kernels_avx512, "avx512", IG_CPU_FEATURE_AVX512, ig_int8_multiply_avx2,
              &ig_bf16_unit_avx512, NULL);
#if defined(IG_AVX512_VNNI)
KERNELS_TABLE(ig_kernels_avx512_vnni, "avx512_vnni", IG_CPU_FEATURE_AVX512_VNNI,
              ig_int8_multiply_avx512_vnni, &ig_bf16_unit_avx512, NULL);
#endif
#if defined(IG_AVX512_BF16)
KERNELS_TABLE(ig_kernels_avx512_bf16, "avx512_bf16",
              IG_CPU_FEATURE_AVX512_BF16 | IG_CPU_FEATURE_AVX512_VNNI, ig_int8_multiply_avx512_vnni,
              &ig_bf16_unit_avx512_bf16, NULL);
#endif
#if defined(IG_AMX)
KERNELS_TABLE(ig_kernels_amx, "amx",
              IG_CPU_FEATURE_AMX | IG_CPU_FEATURE_AVX512_BF16 | IG_CPU_FEATURE_AVX512_VNNI,
              ig_int8_multiply_amx, &ig_bf16_unit_amx, &ig_matrix_unit_amx);
#endif
