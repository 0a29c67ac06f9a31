// Kernels over one row: vectors, softmax, layer norm, activations. The .c file of an instruction
// set includes them after simd/vector_math.h. Their formulas are in reference/kernels_reference.c.
#ifndef IG_KERNEL_SIMD_ROW_KERNELS_H
#define IG_KERNEL_SIMD_ROW_KERNELS_H

// Walks over all elements, a vector at a time; `left` counts those not yet done.
#define FOR_VECTORS(i, left, n) \
  for (size_t i = 0, left = (n); i < (n); i += VEC_LANES, left = (n) - (i < (n) ? i : (n)))

static float row_sum(size_t n, const float *x) {
  vec a = vec_zero(), b = vec_zero(), c = vec_zero(), d = vec_zero();
  size_t i = 0;
  for (; i + 4 * VEC_LANES <= n; i += 4 * VEC_LANES) {
    a = vec_add(a, vec_load(x + i));
    b = vec_add(b, vec_load(x + i + VEC_LANES));
    c = vec_add(c, vec_load(x + i + 2 * VEC_LANES));
    d = vec_add(d, vec_load(x + i + 3 * VEC_LANES));
  }
  for (; i < n; i += VEC_LANES) a = vec_add(a, load_some(x + i, n - i));
  return vec_sum(vec_add(vec_add(a, b), vec_add(c, d)));
}

// A NaN is ignored, because vec_max returns its second operand then.
static float row_max(size_t n, const float *x) {
  const vec lowest = vec_set(-__builtin_inff());
  vec a = lowest, b = lowest, c = lowest, d = lowest;
  size_t i = 0;
  for (; i + 4 * VEC_LANES <= n; i += 4 * VEC_LANES) {
    a = vec_max(vec_load(x + i), a);
    b = vec_max(vec_load(x + i + VEC_LANES), b);
    c = vec_max(vec_load(x + i + 2 * VEC_LANES), c);
    d = vec_max(vec_load(x + i + 3 * VEC_LANES), d);
  }
  for (; i < n; i += VEC_LANES) a = vec_max(keep_some(load_some(x + i, n - i), n - i, lowest), a);
  return vec_largest(vec_max(vec_max(a, b), vec_max(c, d)));
}

static void axpy(size_t n, float alpha, const float *x, float *y) {
  const vec factor = vec_set(alpha);
  FOR_VECTORS(i, left, n)
  store_some(y + i, left, vec_fma(factor, load_some(x + i, left), load_some(y + i, left)));
}

static void add(size_t n, const float *x, const float *y, float *z) {
  FOR_VECTORS(i, left, n)
  store_some(z + i, left, vec_add(load_some(x + i, left), load_some(y + i, left)));
}

static void multiply(size_t n, const float *x, const float *y, float *z) {
  FOR_VECTORS(i, left, n)
  store_some(z + i, left, vec_multiply(load_some(x + i, left), load_some(y + i, left)));
}

// Four vectors of y stay in registers while the rows pass by.
static void add_rows(size_t n, size_t rows, const float *x, size_t stride, float *y) {
  size_t i = 0;
  for (; i + 4 * VEC_LANES <= n; i += 4 * VEC_LANES) {
    vec sum[4];
    for (int v = 0; v < 4; v++) sum[v] = vec_load(y + i + v * VEC_LANES);
    for (size_t r = 0; r < rows; r++)
      for (int v = 0; v < 4; v++)
        sum[v] = vec_add(sum[v], vec_load(x + r * stride + i + v * VEC_LANES));
    for (int v = 0; v < 4; v++) vec_store(y + i + v * VEC_LANES, sum[v]);
  }
  for (; i < n; i += VEC_LANES) {
    vec sum = load_some(y + i, n - i);
    for (size_t r = 0; r < rows; r++) sum = vec_add(sum, load_some(x + r * stride + i, n - i));
    store_some(y + i, n - i, sum);
  }
}

static void scale(size_t n, float alpha, const float *x, float *y) {
  const vec factor = vec_set(alpha);
  FOR_VECTORS(i, left, n) store_some(y + i, left, vec_multiply(factor, load_some(x + i, left)));
}

static double sum_squares(size_t n, const float *x) {
  vec_double sum[4];
  for (int c = 0; c < 4; c++) sum[c] = vec_double_zero();
  FOR_VECTORS(i, left, n) {
    vec v = load_some(x + i, left);
    vec_double low = vec_double_low(v), high = vec_double_high(v);
    size_t chain = i / VEC_LANES % 2 * 2;
    sum[chain] = vec_double_fma(low, low, sum[chain]);
    sum[chain + 1] = vec_double_fma(high, high, sum[chain + 1]);
  }
  return vec_double_sum(
      vec_double_add(vec_double_add(sum[0], sum[1]), vec_double_add(sum[2], sum[3])));
}

// ---- softmax ----------------------------------------------------------------

static size_t argmax(size_t n, const float *x) {
  const vec max = vec_set(row_max(n, x));
  FOR_VECTORS(i, left, n) {
    unsigned bits = vec_mask_bits(vec_equal(load_some(x + i, left), max));
    if (left < VEC_LANES) bits &= (1u << left) - 1u;
    if (bits) return i + (size_t)__builtin_ctz(bits);
  }
  return 0;
}

// y = exp(x - max); returns the sum. y may be NULL.
VEC_INLINE float row_exponentials(size_t n, const float *x, float max, float *y) {
  const vec center = vec_set(max);
  vec sum = vec_zero();
  FOR_VECTORS(i, left, n) {
    vec e = vec_exp(vec_subtract(load_some(x + i, left), center));
    if (y) store_some(y + i, left, e);
    sum = vec_add(sum, keep_some(e, left, vec_zero()));
  }
  return vec_sum(sum);
}

static void softmax(size_t n, float *x) {
  float max = row_max(n, x);
  if (max == -__builtin_inff()) {  // all zeros then, but a NaN stays visible
    for (size_t i = 0; i < n; i++) x[i] = x[i] == max ? 0.0f : x[i];
    return;
  }
  float sum = row_exponentials(n, x, max, x);
  scale(n, 1.0f / sum, x, x);
}

static void softmax_backward(size_t n, const float *p, const float *dp, float scale_by, float *dx) {
  const vec sum = vec_set(dot(n, p, dp)), factor = vec_set(scale_by);
  FOR_VECTORS(i, left, n) {
    vec d = vec_multiply(load_some(p + i, left), vec_subtract(load_some(dp + i, left), sum));
    store_some(dx + i, left, vec_multiply(d, factor));
  }
}

static ig_exp_sum exp_sum(size_t n, const float *x) {
  const float max = row_max(n, x);
  return (ig_exp_sum){max, row_exponentials(n, x, max == -__builtin_inff() ? 0.0f : max, NULL)};
}

static float log_sum_exp(size_t n, const float *x) {
  ig_exp_sum total = IG_EXP_SUM_OF_NOTHING;
  for (size_t first = 0; first < n; first += IG_LOGITS_BLOCK)
    ig_exp_sum_add(&total,
                   exp_sum(n - first < IG_LOGITS_BLOCK ? n - first : IG_LOGITS_BLOCK, x + first));
  return ig_exp_sum_log(total);
}

// log(exp(a) + exp(b)) = max(a, b) + log(1 + exp(-|a - b|)). The difference of two equal infinities
// would be NaN, so the distance of equal values is set to 0.
static void log_add_exp(size_t n, float c, const float *x, float *y) {
  const vec shift = vec_set(c);
  FOR_VECTORS(i, left, n) {
    const vec a = vec_add(load_some(x + i, left), shift), b = load_some(y + i, left);
    const vec distance = vec_select(vec_equal(a, b), vec_zero(), vec_absolute(vec_subtract(a, b)));
    store_some(
        y + i, left,
        vec_add(vec_max(a, b), vec_log_of_1_plus(vec_exp(vec_subtract(vec_zero(), distance)))));
  }
}

// ---- layer norm -------------------------------------------------------------

static float row_squares(size_t n, const float *x, float mean) {
  const vec center = vec_set(mean);
  vec a = vec_zero(), b = vec_zero();
  size_t i = 0;
  for (; i + 2 * VEC_LANES <= n; i += 2 * VEC_LANES) {
    vec u = vec_subtract(vec_load(x + i), center),
        v = vec_subtract(vec_load(x + i + VEC_LANES), center);
    a = vec_fma(u, u, a);
    b = vec_fma(v, v, b);
  }
  for (; i < n; i += VEC_LANES) {
    vec u = keep_some(vec_subtract(load_some(x + i, n - i), center), n - i, vec_zero());
    a = vec_fma(u, u, a);
  }
  return vec_sum(vec_add(a, b));
}

static void layer_norm(size_t n, const ig_norm_weights *norm, const float *x, float *y, float *mean,
                       float *rstd) {
  const float *gamma = norm->gamma, *beta = norm->beta;
  float count = n ? (float)n : 1.0f;
  *mean = row_sum(n, x) / count;
  *rstd = 1.0f / sqrtf(row_squares(n, x, *mean) / count + norm->eps);
  const vec center = vec_set(*mean), factor = vec_set(*rstd);
  FOR_VECTORS(i, left, n) {
    vec xhat = vec_multiply(vec_subtract(load_some(x + i, left), center), factor),
        g = load_some(gamma + i, left);
    store_some(y + i, left,
               beta ? vec_fma(xhat, g, load_some(beta + i, left)) : vec_multiply(xhat, g));
  }
}

static void layer_norm_backward(size_t n, const float *gamma, ig_norm_moments moments,
                                const float *x, const float *dy, float *dx) {
  const vec center = vec_set(moments.mean), factor = vec_set(moments.rstd);
  vec sum_g = vec_zero(), sum_gx = vec_zero();
  FOR_VECTORS(i, left, n) {
    // 0 beyond the end of the row
    vec g = vec_multiply(load_some(dy + i, left), load_some(gamma + i, left));
    sum_g = vec_add(sum_g, g);
    sum_gx = vec_fma(g, vec_multiply(vec_subtract(load_some(x + i, left), center), factor), sum_gx);
  }
  const vec mean_g = vec_set(vec_sum(sum_g) / (float)(n ? n : 1)),
            mean_gx = vec_set(vec_sum(sum_gx) / (float)(n ? n : 1));
  FOR_VECTORS(i, left, n) {
    vec xhat = vec_multiply(vec_subtract(load_some(x + i, left), center), factor);
    vec g = vec_multiply(load_some(dy + i, left), load_some(gamma + i, left));
    store_some(dx + i, left,
               vec_multiply(factor, vec_negative_fma(xhat, mean_gx, vec_subtract(g, mean_g))));
  }
}

static void layer_norm_parameters(size_t n, ig_norm_moments moments, const float *x,
                                  const float *dy, float *dgamma, float *dbeta) {
  const vec center = vec_set(moments.mean), factor = vec_set(moments.rstd);
  FOR_VECTORS(i, left, n) {
    vec xhat = vec_multiply(vec_subtract(load_some(x + i, left), center), factor),
        d = load_some(dy + i, left);
    store_some(dgamma + i, left, vec_fma(d, xhat, load_some(dgamma + i, left)));
    if (dbeta) store_some(dbeta + i, left, vec_add(load_some(dbeta + i, left), d));
  }
}

static void rms_norm(size_t n, const ig_norm_weights *norm, const float *x, float *y, float *rstd) {
  *rstd = 1.0f / sqrtf(row_squares(n, x, 0) / (n ? (float)n : 1.0f) + norm->eps);
  const vec factor = vec_set(*rstd);
  FOR_VECTORS(i, left, n)
  store_some(
      y + i, left,
      vec_multiply(vec_multiply(load_some(x + i, left), factor), load_some(norm->gamma + i, left)));
}

static void rms_norm_backward(size_t n, const float *gamma, float rstd, const float *x,
                              const float *dy, float *dx) {
  const vec factor = vec_set(rstd);
  vec sum = vec_zero();
  FOR_VECTORS(i, left, n) {
    // 0 beyond the end of the row
    vec g = vec_multiply(load_some(dy + i, left), load_some(gamma + i, left));
    sum = vec_fma(g, vec_multiply(load_some(x + i, left), factor), sum);
  }
  const vec mean = vec_set(vec_sum(sum) / (float)(n ? n : 1));
  FOR_VECTORS(i, left, n) {
    vec xhat = vec_multiply(load_some(x + i, left), factor);
    vec g = vec_multiply(load_some(dy + i, left), load_some(gamma + i, left));
    store_some(dx + i, left, vec_multiply(factor, vec_negative_fma(xhat, mean, g)));
  }
}

// ---- activations ------------------------------------------------------------

VEC_INLINE void activate_row(ig_activation kind, size_t n, const float *x, float *y) {
  FOR_VECTORS(i, left, n) store_some(y + i, left, vec_activate(kind, load_some(x + i, left)));
}

VEC_INLINE void activate_row_backward(ig_activation kind, size_t n, const float *x, const float *dy,
                                      float *dx) {
  FOR_VECTORS(i, left, n)
  store_some(
      dx + i, left,
      vec_multiply(load_some(dy + i, left), vec_activate_derivative(kind, load_some(x + i, left))));
}

// There is one loop for each kind, so that the kind is a constant in it.
static void activation(ig_activation kind, size_t n, const float *x, float *y) {
  switch (kind) {
    case IG_ACTIVATION_NONE: activate_row(IG_ACTIVATION_NONE, n, x, y); return;
    case IG_ACTIVATION_RELU: activate_row(IG_ACTIVATION_RELU, n, x, y); return;
    case IG_ACTIVATION_GELU: activate_row(IG_ACTIVATION_GELU, n, x, y); return;
    case IG_ACTIVATION_GELU_TANH: activate_row(IG_ACTIVATION_GELU_TANH, n, x, y); return;
    case IG_ACTIVATION_SWISH: activate_row(IG_ACTIVATION_SWISH, n, x, y); return;
    case IG_ACTIVATION_TANH: activate_row(IG_ACTIVATION_TANH, n, x, y); return;
  }
}

static void activation_backward(ig_activation kind, size_t n, const float *x, const float *dy,
                                float *dx) {
  switch (kind) {
    case IG_ACTIVATION_NONE: activate_row_backward(IG_ACTIVATION_NONE, n, x, dy, dx); return;
    case IG_ACTIVATION_RELU: activate_row_backward(IG_ACTIVATION_RELU, n, x, dy, dx); return;
    case IG_ACTIVATION_GELU: activate_row_backward(IG_ACTIVATION_GELU, n, x, dy, dx); return;
    case IG_ACTIVATION_GELU_TANH:
      activate_row_backward(IG_ACTIVATION_GELU_TANH, n, x, dy, dx);
      return;
    case IG_ACTIVATION_SWISH: activate_row_backward(IG_ACTIVATION_SWISH, n, x, dy, dx); return;
    case IG_ACTIVATION_TANH: activate_row_backward(IG_ACTIVATION_TANH, n, x, dy, dx); return;
  }
}
#endif
