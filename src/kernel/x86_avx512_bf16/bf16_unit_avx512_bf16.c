// Products of operands rounded to bfloat16 with AVX-512 BF16: one instruction a pair.
#include "kernel/x86_avx512/vector_avx512.h"
#include "kernel/kernels.h"
#include "kernel/simd/vector_math.h"

#define BF16_ROWS 14
#define BF16_LINES 16
#define BF16_HALVES 1
VEC_INLINE vec bf16_half(vec pairs, size_t half) {
  (void)half;
  return pairs;
}
VEC_INLINE vec bf16_multiply(vec a, vec b, vec c) {
  return _mm512_dpbf16_ps(c, (__m512bh)_mm512_castps_si512(a), (__m512bh)_mm512_castps_si512(b));
}
VEC_INLINE vec bf16_neighbours(vec x, vec y) {
  return _mm512_castsi512_ps(_mm512_rol_epi32((__m512i)_mm512_cvtne2ps_pbh(y, x), 16));
}
VEC_INLINE __m512i bf16_rounded(vec x) {
  return _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(x));
}
VEC_INLINE vec bf16_across(vec x, vec y) {
  return _mm512_castsi512_ps(
      _mm512_or_si512(_mm512_slli_epi32(bf16_rounded(x), 16), bf16_rounded(y)));
}
#include "kernel/simd/bf16_tiles.h"

// clang-format off
BF16_TILE(1) BF16_TILE(2) BF16_TILE(3) BF16_TILE(4) BF16_TILE(5) BF16_TILE(6) BF16_TILE(7)
BF16_TILE(8) BF16_TILE(9) BF16_TILE(10) BF16_TILE(11) BF16_TILE(12) BF16_TILE(13) BF16_TILE(14)
    // clang-format on
    static const bf16_tile_function bf16_tile_functions[BF16_ROWS] = {
        multiply_bf16_1_rows,  multiply_bf16_2_rows,  multiply_bf16_3_rows,  multiply_bf16_4_rows,
        multiply_bf16_5_rows,  multiply_bf16_6_rows,  multiply_bf16_7_rows,  multiply_bf16_8_rows,
        multiply_bf16_9_rows,  multiply_bf16_10_rows, multiply_bf16_11_rows, multiply_bf16_12_rows,
        multiply_bf16_13_rows, multiply_bf16_14_rows};

BF16_UNIT(ig_bf16_unit_avx512_bf16, bf16_multiply_panels);
