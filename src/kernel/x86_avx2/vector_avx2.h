// The vector interface of kernel/simd/ on AVX2 + FMA: 8 lanes, masks are vectors of all-one lanes.
#ifndef IG_KERNEL_X86_AVX2_VECTOR_AVX2_H
#define IG_KERNEL_X86_AVX2_VECTOR_AVX2_H
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define VEC_INLINE static inline __attribute__((always_inline))
#define VEC_LANES 8

typedef __m256 vec;
typedef __m256d vec_double;  // half as many lanes
typedef __m256i vec_int;     // 32-bit lanes
typedef __m256i vec_mask;

VEC_INLINE vec_int vec_int_lanes(void) { return _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7); }
// The first n lanes, or all of them if n is 8 or more.
VEC_INLINE vec_mask vec_first(size_t n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n >= 8 ? 8 : (int)n), vec_int_lanes());
}
VEC_INLINE vec vec_load(const float *p) { return _mm256_loadu_ps(p); }
VEC_INLINE void vec_store(float *p, vec x) { _mm256_storeu_ps(p, x); }
VEC_INLINE vec vec_load_masked(vec_mask m, const float *p) { return _mm256_maskload_ps(p, m); }
VEC_INLINE void vec_store_masked(vec_mask m, float *p, vec x) { _mm256_maskstore_ps(p, m, x); }

VEC_INLINE vec vec_zero(void) { return _mm256_setzero_ps(); }
VEC_INLINE vec vec_set(float x) { return _mm256_set1_ps(x); }
VEC_INLINE vec vec_add(vec a, vec b) { return _mm256_add_ps(a, b); }
VEC_INLINE vec vec_subtract(vec a, vec b) { return _mm256_sub_ps(a, b); }
VEC_INLINE vec vec_multiply(vec a, vec b) { return _mm256_mul_ps(a, b); }
VEC_INLINE vec vec_divide(vec a, vec b) { return _mm256_div_ps(a, b); }
VEC_INLINE vec vec_sqrt(vec a) { return _mm256_sqrt_ps(a); }
VEC_INLINE vec vec_fma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }  // ab + c
// c - ab
VEC_INLINE vec vec_negative_fma(vec a, vec b, vec c) { return _mm256_fnmadd_ps(a, b, c); }
// Both return b where either is NaN.
VEC_INLINE vec vec_max(vec a, vec b) { return _mm256_max_ps(a, b); }
VEC_INLINE vec vec_min(vec a, vec b) { return _mm256_min_ps(a, b); }
VEC_INLINE vec vec_absolute(vec a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
VEC_INLINE vec vec_round(vec a) {
  return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
// a * 2^n, for whole n in [-252, 254]. The power is two factors, since 2^128 and 2^-127 are not
// normal floats.
VEC_INLINE vec vec_times_power_of_2(vec a, vec n) {
  __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1),
          bias = _mm256_set1_epi32(127);
  __m256i rest = _mm256_sub_epi32(whole, half);
  vec first = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
  vec second = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, bias), 23));
  return _mm256_mul_ps(_mm256_mul_ps(a, first), second);
}

VEC_INLINE vec_mask vec_less(vec a, vec b) {
  return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_LT_OQ));
}
VEC_INLINE vec_mask vec_equal(vec a, vec b) {
  return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_EQ_OQ));
}
VEC_INLINE vec vec_select(vec_mask m, vec yes, vec no) {
  return _mm256_blendv_ps(no, yes, _mm256_castsi256_ps(m));
}
// Bit i is lane i.
VEC_INLINE unsigned vec_mask_bits(vec_mask m) {
  return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(m));
}

VEC_INLINE float vec_sum(vec a) {
  __m128 x = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  x = _mm_add_ps(x, _mm_movehl_ps(x, x));
  return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}
VEC_INLINE float vec_largest(vec a) {
  __m128 x = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  x = _mm_max_ps(x, _mm_movehl_ps(x, x));
  return _mm_cvtss_f32(_mm_max_ss(x, _mm_movehdup_ps(x)));
}

VEC_INLINE vec_double vec_double_zero(void) { return _mm256_setzero_pd(); }
VEC_INLINE vec_double vec_double_low(vec a) { return _mm256_cvtps_pd(_mm256_castps256_ps128(a)); }
VEC_INLINE vec_double vec_double_high(vec a) {
  return _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1));
}
VEC_INLINE vec_double vec_double_fma(vec_double a, vec_double b, vec_double c) {
  return _mm256_fmadd_pd(a, b, c);
}
VEC_INLINE vec_double vec_double_add(vec_double a, vec_double b) { return _mm256_add_pd(a, b); }
VEC_INLINE double vec_double_sum(vec_double a) {
  __m128d x = _mm_add_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1));
  return _mm_cvtsd_f64(_mm_add_sd(x, _mm_unpackhi_pd(x, x)));
}

VEC_INLINE vec_int vec_int_load(const void *p) { return _mm256_loadu_si256(p); }
// The bfloat16 values in the low (high) halves of the lanes as float32, of which they are the upper
// halves.
VEC_INLINE vec vec_bf16_low(vec_int a) { return _mm256_castsi256_ps(_mm256_slli_epi32(a, 16)); }
VEC_INLINE vec vec_bf16_high(vec_int a) {
  return _mm256_castsi256_ps(_mm256_and_si256(a, _mm256_set1_epi32((int)0xffff0000u)));
}
// As many bfloat16 values as lanes.
VEC_INLINE vec vec_bf16_load(const uint16_t *p) {
  const __m128i half = _mm_loadu_si128((const __m128i *)(const void *)p);
  return vec_bf16_low(_mm256_cvtepu16_epi32(half));
}
VEC_INLINE vec_int vec_int_set(uint32_t x) { return _mm256_set1_epi32((int)x); }
VEC_INLINE vec_int vec_int_add(vec_int a, vec_int b) { return _mm256_add_epi32(a, b); }
VEC_INLINE vec_int vec_int_xor(vec_int a, vec_int b) { return _mm256_xor_si256(a, b); }
VEC_INLINE vec_int vec_int_and(vec_int a, vec_int b) { return _mm256_and_si256(a, b); }
// Signed.
VEC_INLINE vec_int vec_int_max(vec_int a, vec_int b) { return _mm256_max_epi32(a, b); }
VEC_INLINE int32_t vec_int_sum(vec_int a) {
  __m128i x = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
  x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(x, _mm_shuffle_epi32(x, 0xb1)));
}
VEC_INLINE float vec_int_largest_as_float(vec_int a) {
  __m128i x = _mm_max_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
  x = _mm_max_epi32(x, _mm_shuffle_epi32(x, 0x4e));
  return _mm_cvtss_f32(_mm_castsi128_ps(_mm_max_epi32(x, _mm_shuffle_epi32(x, 0xb1))));
}
VEC_INLINE vec_int vec_bits(vec a) { return _mm256_castps_si256(a); }
VEC_INLINE vec vec_from_bits(vec_int a) { return _mm256_castsi256_ps(a); }
// To the nearest whole number, halves to the even one.
VEC_INLINE vec_int vec_to_int(vec a) { return _mm256_cvtps_epi32(a); }
// Lanes in [-128, 127].
VEC_INLINE void vec_int_store_bytes(int8_t *p, vec_int a) {
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
  _mm_storel_epi64((__m128i *)(void *)p, _mm_packs_epi16(words, words));
}
VEC_INLINE vec_int vec_int_low_half(vec_int a) {
  return _mm256_and_si256(a, _mm256_set1_epi32(0xffff));
}
VEC_INLINE vec_int vec_int_high_half(vec_int a) { return _mm256_srli_epi32(a, 16); }
// Compares signed numbers.
VEC_INLINE vec_mask vec_int_less(vec_int a, vec_int b) { return _mm256_cmpgt_epi32(b, a); }
// 32 x 32 -> 64 bits in each lane.
VEC_INLINE void vec_int_multiply_wide(vec_int a, vec_int b, vec_int *high, vec_int *low) {
  __m256i even = _mm256_mul_epu32(a, b),
          odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32));
  *high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
  *low = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa);
}

// Lanes 0, 2, 4 … (1, 3, 5 …) of a, then those of b.
VEC_INLINE vec vec_even_lanes(vec a, vec b) {
  const __m256d pairs = _mm256_castps_pd(_mm256_shuffle_ps(a, b, 0x88));
  return _mm256_castpd_ps(_mm256_permute4x64_pd(pairs, 0xd8));
}
VEC_INLINE vec vec_odd_lanes(vec a, vec b) {
  const __m256d pairs = _mm256_castps_pd(_mm256_shuffle_ps(a, b, 0xdd));
  return _mm256_castpd_ps(_mm256_permute4x64_pd(pairs, 0xd8));
}

// Lane j of r[i] becomes lane i of r[j]: first pairs, then fours within 128-bit halves, then the
// halves.
VEC_INLINE void vec_transpose(vec r[VEC_LANES]) {
  vec t[8];
#pragma GCC unroll 2
  for (int q = 0; q < 8; q += 4) {
    __m256d a = _mm256_castps_pd(_mm256_unpacklo_ps(r[q], r[q + 1])),
            b = _mm256_castps_pd(_mm256_unpackhi_ps(r[q], r[q + 1]));
    __m256d c = _mm256_castps_pd(_mm256_unpacklo_ps(r[q + 2], r[q + 3])),
            d = _mm256_castps_pd(_mm256_unpackhi_ps(r[q + 2], r[q + 3]));
    t[q] = _mm256_castpd_ps(_mm256_unpacklo_pd(a, c));
    t[q + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(a, c));
    t[q + 2] = _mm256_castpd_ps(_mm256_unpacklo_pd(b, d));
    t[q + 3] = _mm256_castpd_ps(_mm256_unpackhi_pd(b, d));
  }
#pragma GCC unroll 4
  for (int c = 0; c < 4; c++) {
    r[c] = _mm256_permute2f128_ps(t[c], t[4 + c], 0x20);
    r[4 + c] = _mm256_permute2f128_ps(t[c], t[4 + c], 0x31);
  }
}
#endif
