// The vector interface of kernel/simd/ on AVX-512 (F, BW, DQ, VL): 16 lanes, mask registers.
#ifndef IG_KERNEL_X86_AVX512_VECTOR_AVX512_H
#define IG_KERNEL_X86_AVX512_VECTOR_AVX512_H
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define VEC_INLINE static inline __attribute__((always_inline))
#define VEC_LANES 16

typedef __m512 vec;
typedef __m512d vec_double;  // half as many lanes
typedef __m512i vec_int;     // 32-bit lanes
typedef __mmask16 vec_mask;

// The first n lanes, or all of them if n is 16 or more.
VEC_INLINE vec_mask vec_first(size_t n) { return (vec_mask)((1u << (n < 16 ? n : 16)) - 1u); }
VEC_INLINE vec vec_load(const float *p) { return _mm512_loadu_ps(p); }
VEC_INLINE void vec_store(float *p, vec x) { _mm512_storeu_ps(p, x); }
VEC_INLINE vec vec_load_masked(vec_mask m, const float *p) { return _mm512_maskz_loadu_ps(m, p); }
VEC_INLINE void vec_store_masked(vec_mask m, float *p, vec x) { _mm512_mask_storeu_ps(p, m, x); }

VEC_INLINE vec vec_zero(void) { return _mm512_setzero_ps(); }
VEC_INLINE vec vec_set(float x) { return _mm512_set1_ps(x); }
VEC_INLINE vec vec_add(vec a, vec b) { return _mm512_add_ps(a, b); }
VEC_INLINE vec vec_subtract(vec a, vec b) { return _mm512_sub_ps(a, b); }
VEC_INLINE vec vec_multiply(vec a, vec b) { return _mm512_mul_ps(a, b); }
VEC_INLINE vec vec_divide(vec a, vec b) { return _mm512_div_ps(a, b); }
VEC_INLINE vec vec_sqrt(vec a) { return _mm512_sqrt_ps(a); }
VEC_INLINE vec vec_fma(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }  // ab + c
// c - ab
VEC_INLINE vec vec_negative_fma(vec a, vec b, vec c) { return _mm512_fnmadd_ps(a, b, c); }
// Both return b where either is NaN.
VEC_INLINE vec vec_max(vec a, vec b) { return _mm512_max_ps(a, b); }
VEC_INLINE vec vec_min(vec a, vec b) { return _mm512_min_ps(a, b); }
VEC_INLINE vec vec_absolute(vec a) { return _mm512_abs_ps(a); }
// |a| < 2^31
VEC_INLINE vec vec_round(vec a) { return _mm512_cvtepi32_ps(_mm512_cvtps_epi32(a)); }
// a * 2^n, for whole n.
VEC_INLINE vec vec_times_power_of_2(vec a, vec n) { return _mm512_scalef_ps(a, n); }

VEC_INLINE vec_mask vec_less(vec a, vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
VEC_INLINE vec_mask vec_equal(vec a, vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
VEC_INLINE vec vec_select(vec_mask m, vec yes, vec no) { return _mm512_mask_blend_ps(m, no, yes); }
// Bit i is lane i.
VEC_INLINE unsigned vec_mask_bits(vec_mask m) { return m; }

VEC_INLINE float vec_sum(vec a) { return _mm512_reduce_add_ps(a); }
VEC_INLINE float vec_largest(vec a) { return _mm512_reduce_max_ps(a); }

VEC_INLINE vec_double vec_double_zero(void) { return _mm512_setzero_pd(); }
VEC_INLINE vec_double vec_double_low(vec a) { return _mm512_cvtps_pd(_mm512_castps512_ps256(a)); }
VEC_INLINE vec_double vec_double_high(vec a) {
  return _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1));
}
VEC_INLINE vec_double vec_double_fma(vec_double a, vec_double b, vec_double c) {
  return _mm512_fmadd_pd(a, b, c);
}
VEC_INLINE vec_double vec_double_add(vec_double a, vec_double b) { return _mm512_add_pd(a, b); }
VEC_INLINE double vec_double_sum(vec_double a) { return _mm512_reduce_add_pd(a); }

VEC_INLINE vec_int vec_int_load(const void *p) { return _mm512_loadu_si512(p); }
// The bfloat16 values in the low (high) halves of the lanes as float32, of which they are the upper
// halves.
VEC_INLINE vec vec_bf16_low(vec_int a) { return _mm512_castsi512_ps(_mm512_slli_epi32(a, 16)); }
VEC_INLINE vec vec_bf16_high(vec_int a) {
  return _mm512_castsi512_ps(_mm512_and_si512(a, _mm512_set1_epi32((int)0xffff0000u)));
}
// As many bfloat16 values as lanes.
VEC_INLINE vec vec_bf16_load(const uint16_t *p) {
  const __m256i half = _mm256_loadu_si256((const __m256i *)(const void *)p);
  return vec_bf16_low(_mm512_cvtepu16_epi32(half));
}
VEC_INLINE vec_int vec_int_set(uint32_t x) { return _mm512_set1_epi32((int)x); }
VEC_INLINE vec_int vec_int_lanes(void) {
  return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
VEC_INLINE vec_int vec_int_add(vec_int a, vec_int b) { return _mm512_add_epi32(a, b); }
VEC_INLINE vec_int vec_int_xor(vec_int a, vec_int b) { return _mm512_xor_si512(a, b); }
VEC_INLINE vec_int vec_int_and(vec_int a, vec_int b) { return _mm512_and_si512(a, b); }
// Signed.
VEC_INLINE vec_int vec_int_max(vec_int a, vec_int b) { return _mm512_max_epi32(a, b); }
VEC_INLINE int32_t vec_int_sum(vec_int a) { return _mm512_reduce_add_epi32(a); }
VEC_INLINE float vec_int_largest_as_float(vec_int a) {
  return _mm_cvtss_f32(_mm_castsi128_ps(_mm_cvtsi32_si128(_mm512_reduce_max_epi32(a))));
}
VEC_INLINE vec_int vec_bits(vec a) { return _mm512_castps_si512(a); }
VEC_INLINE vec vec_from_bits(vec_int a) { return _mm512_castsi512_ps(a); }
// To the nearest whole number, halves to the even one.
VEC_INLINE vec_int vec_to_int(vec a) { return _mm512_cvtps_epi32(a); }
// Lanes in [-128, 127].
VEC_INLINE void vec_int_store_bytes(int8_t *p, vec_int a) {
  _mm_storeu_si128((__m128i *)(void *)p, _mm512_cvtepi32_epi8(a));
}
VEC_INLINE vec_int vec_int_low_half(vec_int a) {
  return _mm512_and_si512(a, _mm512_set1_epi32(0xffff));
}
VEC_INLINE vec_int vec_int_high_half(vec_int a) { return _mm512_srli_epi32(a, 16); }
// Compares signed numbers.
VEC_INLINE vec_mask vec_int_less(vec_int a, vec_int b) { return _mm512_cmplt_epi32_mask(a, b); }
// 32 x 32 -> 64 bits in each lane.
VEC_INLINE void vec_int_multiply_wide(vec_int a, vec_int b, vec_int *high, vec_int *low) {
  __m512i even = _mm512_mul_epu32(a, b),
          odd = _mm512_mul_epu32(_mm512_srli_epi64(a, 32), _mm512_srli_epi64(b, 32));
  *high = _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 32), odd);
  *low = _mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64(odd, 32));
}

// Lanes 0, 2, 4 … (1, 3, 5 …) of a, then those of b.
VEC_INLINE vec vec_even_lanes(vec a, vec b) {
  const vec_int lanes = _mm512_slli_epi32(vec_int_lanes(), 1);
  return _mm512_permutex2var_ps(a, lanes, b);
}
VEC_INLINE vec vec_odd_lanes(vec a, vec b) {
  const vec_int lanes = _mm512_slli_epi32(vec_int_lanes(), 1);
  return _mm512_permutex2var_ps(a, _mm512_add_epi32(lanes, _mm512_set1_epi32(1)), b);
}

// Lane j of r[i] becomes lane i of r[j]: first pairs, then fours within 128-bit quarters, then the
// quarters.
VEC_INLINE void vec_transpose(vec r[VEC_LANES]) {
  vec t[16];
#pragma GCC unroll 4
  for (int q = 0; q < 16; q += 4) {
    __m512d a = _mm512_castps_pd(_mm512_unpacklo_ps(r[q], r[q + 1])),
            b = _mm512_castps_pd(_mm512_unpackhi_ps(r[q], r[q + 1]));
    __m512d c = _mm512_castps_pd(_mm512_unpacklo_ps(r[q + 2], r[q + 3])),
            d = _mm512_castps_pd(_mm512_unpackhi_ps(r[q + 2], r[q + 3]));
    t[q] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, c));
    t[q + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, c));
    t[q + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(b, d));
    t[q + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(b, d));
  }
#pragma GCC unroll 4
  for (int c = 0; c < 4; c++) {
    vec even01 = _mm512_shuffle_f32x4(t[c], t[4 + c], 0x88),
        odd01 = _mm512_shuffle_f32x4(t[c], t[4 + c], 0xdd);
    vec even23 = _mm512_shuffle_f32x4(t[8 + c], t[12 + c], 0x88),
        odd23 = _mm512_shuffle_f32x4(t[8 + c], t[12 + c], 0xdd);
    r[c] = _mm512_shuffle_f32x4(even01, even23, 0x88);
    r[4 + c] = _mm512_shuffle_f32x4(odd01, odd23, 0x88);
    r[8 + c] = _mm512_shuffle_f32x4(even01, even23, 0xdd);
    r[12 + c] = _mm512_shuffle_f32x4(odd01, odd23, 0xdd);
  }
}
#endif
