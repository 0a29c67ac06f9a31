// The kernel table of AVX2 + FMA: 6 x 16 register tiles (12 of 16 registers hold C).
#include "kernel/x86_avx2/vector_avx2.h"
#include <math.h>
#include <string.h>
#include "kernel/kernels.h"
#include "kernel/simd/vector_math.h"
#include "kernel/simd/listed_rows.h"
#include "kernel/simd/row_kernels.h"
#include "kernel/simd/int8_rows.h"
#include "kernel/simd/training_kernels.h"

#define GEMM_MR 6
// clang-format off
#define REGISTER_TILES(TILE) \
  TILE(1, 1) TILE(1, 2) TILE(1, 3) TILE(1, 4) \
  TILE(2, 1) TILE(2, 2) TILE(2, 3) TILE(2, 4) \
  TILE(3, 1) TILE(3, 2) \
  TILE(4, 1) TILE(4, 2) \
  TILE(5, 1) TILE(5, 2) \
  TILE(6, 1) TILE(6, 2)
// clang-format on
#include "kernel/simd/gemm_kernels.h"

#include "kernel/simd/kernel_table.h"
KERNELS_TABLE(ig_kernels_avx2, "avx2", IG_CPU_FEATURE_AVX2, ig_int8_multiply_avx2,
              &ig_bf16_unit_avx2, NULL);
#if defined(IG_AVX_VNNI)
KERNELS_TABLE(ig_kernels_avx_vnni, "avx_vnni", IG_CPU_FEATURE_AVX_VNNI, ig_int8_multiply_avx_vnni,
              &ig_bf16_unit_avx2, NULL);
#endif
