// Products with a row, and with rows that lie apart: keys and values of attention.
#ifndef IG_KERNEL_SIMD_LISTED_ROWS_H
#define IG_KERNEL_SIMD_LISTED_ROWS_H

// `left` elements of the row are left; the lanes beyond them are zeros. BF16 is a constant at every
// call.
VEC_INLINE vec load_listed(const ig_listed_rows *rows, size_t at, size_t left, const bool BF16) {
  if (!BF16) return load_some(rows->fp32 + at, left);
  if (left >= VEC_LANES) return vec_bf16_load(rows->bf16 + at);
  uint16_t some[VEC_LANES] = {0};
  memcpy(some, rows->bf16 + at, left * sizeof *some);
  return vec_bf16_load(some);
}

// Four chains of sums, so that no addition waits for the one before it, while four vectors are
// left; the rest goes to the first chain.
VEC_INLINE float dot_listed(size_t n, const float *x, const ig_listed_rows *rows, size_t at,
                            const bool BF16) {
  vec sum[4] = {vec_zero(), vec_zero(), vec_zero(), vec_zero()};
  size_t i = 0;
  for (; i + 4 * VEC_LANES <= n; i += 4 * VEC_LANES)
    for (size_t c = 0; c < 4; c++) {
      const size_t j = i + c * VEC_LANES;
      sum[c] = vec_fma(vec_load(x + j), load_listed(rows, at + j, VEC_LANES, BF16), sum[c]);
    }
  for (; i < n; i += VEC_LANES)
    sum[0] = vec_fma(load_some(x + i, n - i), load_listed(rows, at + i, n - i, BF16), sum[0]);
  return vec_sum(vec_add(vec_add(sum[0], sum[1]), vec_add(sum[2], sum[3])));
}

static float dot(size_t n, const float *x, const float *y) {
  const ig_listed_rows row = {.fp32 = y};
  return dot_listed(n, x, &row, 0, false);
}

static void dot_rows(size_t n, const float *x, const ig_listed_rows *rows, float *out) {
  for (size_t t = 0; t < rows->count; t++) {
    const size_t at = ig_kernels_row_begin(rows, t);
    out[t] = rows->bf16 ? dot_listed(n, x, rows, at, true) : dot_listed(n, x, rows, at, false);
  }
}

// VECTORS vectors of y from element i on stay in registers while the rows pass by.
VEC_INLINE void add_listed(const float *weight, const ig_listed_rows *rows, size_t i, size_t left,
                           float *y, const size_t VECTORS, const bool BF16) {
  vec sum[4];
  for (size_t v = 0; v < VECTORS; v++)
    sum[v] = VECTORS == 1 ? load_some(y + i, left) : vec_load(y + i + v * VEC_LANES);
  for (size_t t = 0; t < rows->count; t++) {
    const size_t at = ig_kernels_row_begin(rows, t) + i;
    const vec factor = vec_set(weight[t]);
    for (size_t v = 0; v < VECTORS; v++)
      sum[v] = vec_fma(factor,
                       load_listed(rows, at + v * VEC_LANES, VECTORS == 1 ? left : VEC_LANES, BF16),
                       sum[v]);
  }
  for (size_t v = 0; v < VECTORS; v++) {
    if (VECTORS == 1)
      store_some(y + i, left, sum[v]);
    else
      vec_store(y + i + v * VEC_LANES, sum[v]);
  }
}

VEC_INLINE void add_all_listed(size_t n, const float *weight, const ig_listed_rows *rows, float *y,
                               const bool BF16) {
  size_t i = 0;
  for (; i + 4 * VEC_LANES <= n; i += 4 * VEC_LANES) add_listed(weight, rows, i, n - i, y, 4, BF16);
  for (; i < n; i += VEC_LANES) add_listed(weight, rows, i, n - i, y, 1, BF16);
}

static void add_weighted_rows(size_t n, const float *weight, const ig_listed_rows *rows, float *y) {
  if (rows->bf16)
    add_all_listed(n, weight, rows, y, true);
  else
    add_all_listed(n, weight, rows, y, false);
}
#endif
