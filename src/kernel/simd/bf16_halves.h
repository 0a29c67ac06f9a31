// Pairs of bfloat16 on vectors that have no instruction for them: they are rounded in integers, and
// their halves are multiplied one after the other. For kernel/simd/bf16_tiles.h.
#ifndef IG_KERNEL_SIMD_BF16_HALVES_H
#define IG_KERNEL_SIMD_BF16_HALVES_H
#include <float.h>
#include "kernel/product_unit.h"

#define BF16_HALVES 2

VEC_INLINE vec bf16_half(vec pairs, size_t half) {
  return half ? vec_bf16_low(vec_bits(pairs)) : vec_bf16_high(vec_bits(pairs));
}
VEC_INLINE vec bf16_multiply(vec a, vec b, vec c) { return vec_fma(a, b, c); }

// The nearest bfloat16, as float32. x + x is a quiet NaN where x is one, and x * 0 has x's sign.
VEC_INLINE vec bf16_rounded(vec x) {
  const vec_int bits = vec_bits(x), odd = vec_int_and(vec_int_high_half(bits), vec_int_set(1));
  const vec nearest = vec_bf16_high(vec_int_add(vec_int_add(bits, odd), vec_int_set(0x7fff))),
            normal = vec_select(vec_less(vec_absolute(x), vec_set(FLT_MIN)),
                                vec_multiply(x, vec_zero()), nearest);
  return vec_select(vec_equal(x, x), normal, vec_bf16_high(vec_bits(vec_add(x, x))));
}
VEC_INLINE vec bf16_across(vec x, vec y) {
  return vec_from_bits(
      vec_int_xor(vec_bits(bf16_rounded(x)), vec_int_high_half(vec_bits(bf16_rounded(y)))));
}
VEC_INLINE vec bf16_neighbours(vec x, vec y) {
  return bf16_across(vec_even_lanes(x, y), vec_odd_lanes(x, y));
}

// Sums and products below the least normal float become zeros, as vdpbf16ps has it.
#define BF16_UNIT_OF_HALVES(symbol)                                 \
  static void multiply_flushing(const ig_panel_product *product) {  \
    const unsigned before = _mm_getcsr();                           \
    _mm_setcsr(before | _MM_FLUSH_ZERO_ON | _MM_DENORMALS_ZERO_ON); \
    bf16_multiply_panels(product);                                  \
    _mm_setcsr(before);                                             \
  }                                                                 \
  BF16_UNIT(symbol, multiply_flushing)
#endif
