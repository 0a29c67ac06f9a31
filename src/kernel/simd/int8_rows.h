// Quantizing a row to int8.
#ifndef IG_KERNEL_SIMD_INT8_ROWS_H
#define IG_KERNEL_SIMD_INT8_ROWS_H
#include "kernel/int8.h"

// The largest magnitude, by its bits: their order is that of magnitudes, and a NaN is the largest.
static float largest_magnitude(size_t n, const float *x) {
  vec_int most = vec_int_set(0);
  for (size_t i = 0; i < n; i += VEC_LANES)
    most = vec_int_max(most, vec_bits(vec_absolute(load_some(x + i, n - i))));
  return vec_int_largest_as_float(most);
}

static ig_int8_row quantize(size_t n, const float *x, int8_t *q) {
  const ig_int8_range range = ig_int8_range_of(largest_magnitude(n, x));
  const size_t filled = ig_int8_filled_depth(n);
  if (range.factor == 0) {
    memset(q, 0, filled);
    return (ig_int8_row){range.scale, 0};
  }
  const vec factor = vec_set(range.factor);
  vec_int sum = vec_int_set(0);
  for (size_t i = 0; i < filled; i += VEC_LANES) {
    const vec value = i < n ? load_some(x + i, n - i) : vec_zero();
    const vec_int rounded = vec_to_int(vec_multiply(value, factor));
    sum = vec_int_add(sum, rounded);
    vec_int_store_bytes(q + i, rounded);
  }
  return (ig_int8_row){range.scale, vec_int_sum(sum)};
}
#endif
