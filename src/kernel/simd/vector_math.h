// Mathematical functions of vectors, and loads and stores at the end of a row. The .c file of an
// instruction set includes them after the header that defines its vectors (vector_avx2.h ...).
#ifndef IG_KERNEL_SIMD_VECTOR_MATH_H
#define IG_KERNEL_SIMD_VECTOR_MATH_H

// `left` elements of the row are left. If they fill a vector, these functions take all lanes, else
// the first `left` ones; the other lanes are zeros (or `fill`). Memory beyond the row is not
// touched.
VEC_INLINE vec load_some(const float *p, size_t left) {
  return left >= VEC_LANES ? vec_load(p) : vec_load_masked(vec_first(left), p);
}
VEC_INLINE void store_some(float *p, size_t left, vec x) {
  if (left >= VEC_LANES)
    vec_store(p, x);
  else
    vec_store_masked(vec_first(left), p, x);
}
VEC_INLINE vec keep_some(vec x, size_t left, vec fill) {
  return left >= VEC_LANES ? x : vec_select(vec_first(left), x, fill);
}

// exp(x) = 2^n exp(r), r = x - n ln 2 in [-ln 2 / 2, ln 2 / 2] (Cody & Waite 1980: ln 2 in two
// parts), exp(r) = 1 + r + r^2 P(r), P a least-squares fit of relative error 4e-9 before rounding.
// Under 2 ulp; 0 below -87.3365 (no subnormals), infinity above 88.7228, NaN for NaN.
VEC_INLINE vec vec_exp(vec x) {
  const vec low = vec_set(-87.3365f), high = vec_set(88.72284f);
  vec y = vec_min(high, vec_max(low, x));
  vec n = vec_round(vec_multiply(y, vec_set(1.44269504088896341f)));
  vec r = vec_negative_fma(n, vec_set(0.693359375f), y);
  r = vec_negative_fma(n, vec_set(-2.12194440e-4f), r);
  vec p = vec_set(0.0013751150108873844f);
  p = vec_fma(p, r, vec_set(0.00836898759007454f));
  p = vec_fma(p, r, vec_set(0.04166954383254051f));
  p = vec_fma(p, r, vec_set(0.166665181517601f));
  p = vec_fma(p, r, vec_set(0.49999988079071045f));
  p = vec_fma(p, vec_multiply(r, r), r);
  y = vec_times_power_of_2(vec_add(p, vec_set(1.0f)), n);
  y = vec_select(vec_less(high, x), vec_set(__builtin_inff()), y);
  return vec_select(vec_less(x, low), vec_zero(), y);
}

// log(1 + e) for e in [0, 1]: 2 atanh(s), s = e / (2 + e) in [0, 1/3], by its Taylor series up to
// s^13, which leaves out less than 1.5e-8 of it.
VEC_INLINE vec vec_log_of_1_plus(vec e) {
  const vec s = vec_divide(e, vec_add(vec_set(2.0f), e)), z = vec_multiply(s, s);
  vec p = vec_set(2.0f / 13);
  p = vec_fma(p, z, vec_set(2.0f / 11));
  p = vec_fma(p, z, vec_set(2.0f / 9));
  p = vec_fma(p, z, vec_set(2.0f / 7));
  p = vec_fma(p, z, vec_set(2.0f / 5));
  p = vec_fma(p, z, vec_set(2.0f / 3));
  p = vec_fma(p, z, vec_set(2.0f));
  return vec_multiply(p, s);
}

VEC_INLINE vec vec_sigmoid(vec x) {
  vec e = vec_exp(vec_subtract(vec_zero(), x));
  return vec_divide(vec_set(1.0f), vec_add(vec_set(1.0f), e));
}

// Returns the normal distribution function Phi(x) = erfc(-x / sqrt 2) / 2; *density = exp(-x^2 /
// 2). For z = |x| / sqrt 2, erfc(z) = exp(-z^2) t Q(t) with t = 1 / (1 + 0.4 z) (the form of
// Abramowitz & Stegun 7.1.26), Q of degree 8 fitted to 9e-8 relative on z < 12, so that small tails
// keep their digits.
VEC_INLINE vec vec_normal_distribution(vec x, vec *density) {
  vec e = vec_exp(vec_multiply(vec_multiply(x, x), vec_set(-0.5f)));
  vec z = vec_multiply(vec_absolute(x), vec_set(0.70710678118654752f));
  vec t = vec_divide(vec_set(1.0f), vec_fma(z, vec_set(0.4f), vec_set(1.0f)));
  static const float q[9] = {0.225656644f,  0.226048008f, 0.204792216f,  0.181740135f, 0.107733212f,
                             0.0466814078f, 0.120668583f, -0.158319041f, 0.0449989289f};
  vec p = vec_set(q[8]);
#pragma GCC unroll 8
  for (int i = 7; i >= 0; i--) p = vec_fma(p, t, vec_set(q[i]));
  vec tail = vec_multiply(vec_multiply(vec_multiply(p, t), e), vec_set(0.5f));
  *density = e;
  return vec_select(vec_less(x, vec_zero()), tail, vec_subtract(vec_set(1.0f), tail));
}

// The argument of the sigmoid in gelu's tanh form is 2u, with u = sqrt(2 / pi) (x + 0.044715 x^3),
// since (1 + tanh u) / 2 = sigmoid(2u).
VEC_INLINE vec vec_gelu_tanh_argument(vec x) {
  vec cubic = vec_multiply(vec_multiply(x, x), vec_set(0.044715f));
  return vec_multiply(vec_fma(cubic, x, x), vec_set(2.0f * 0.79788456080286536f));
}

// tanh(x) = 2 sigmoid(2x) - 1, whose error is absolute, about 1e-7; so that small numbers keep
// their digits, they get the first terms of the series x - x^3 / 3 + 2 x^5 / 15.
VEC_INLINE vec vec_tanh(vec x) {
  const vec two = vec_set(2.0f), square = vec_multiply(x, x);
  vec series = vec_fma(square, vec_set(2.0f / 15.0f), vec_set(-1.0f / 3.0f));
  series = vec_fma(vec_multiply(x, square), series, x);
  const vec far = vec_subtract(vec_multiply(two, vec_sigmoid(vec_multiply(two, x))), vec_set(1.0f));
  return vec_select(vec_less(vec_absolute(x), vec_set(0.0625f)), series, far);
}

VEC_INLINE vec vec_activate(ig_activation kind, vec x) {
  switch (kind) {
    case IG_ACTIVATION_NONE: return x;
    case IG_ACTIVATION_RELU: return vec_max(vec_zero(), x);
    case IG_ACTIVATION_GELU: {
      vec density;
      return vec_multiply(x, vec_normal_distribution(x, &density));
    }
    case IG_ACTIVATION_GELU_TANH: return vec_multiply(x, vec_sigmoid(vec_gelu_tanh_argument(x)));
    case IG_ACTIVATION_SWISH: return vec_multiply(x, vec_sigmoid(x));
    case IG_ACTIVATION_TANH: return vec_tanh(x);
  }
  return x;
}

VEC_INLINE vec vec_activate_derivative(ig_activation kind, vec x) {
  const vec one = vec_set(1.0f);
  switch (kind) {
    case IG_ACTIVATION_NONE: return one;
    case IG_ACTIVATION_RELU: return vec_select(vec_less(vec_zero(), x), one, vec_zero());
    case IG_ACTIVATION_GELU: {
      vec density, phi = vec_normal_distribution(x, &density);
      return vec_fma(vec_multiply(x, vec_set(0.39894228040143268f)), density, phi);
    }
    case IG_ACTIVATION_GELU_TANH: {
      vec s = vec_sigmoid(vec_gelu_tanh_argument(x));
      vec slope = vec_fma(vec_multiply(x, x), vec_set(6.0f * 0.79788456080286536f * 0.044715f),
                          vec_set(2.0f * 0.79788456080286536f));
      return vec_fma(vec_multiply(vec_multiply(x, s), vec_subtract(one, s)), slope, s);
    }
    case IG_ACTIVATION_SWISH: {
      vec s = vec_sigmoid(x);
      return vec_fma(vec_multiply(x, s), vec_subtract(one, s), s);
    }
    case IG_ACTIVATION_TANH: {
      vec y = vec_tanh(x);
      return vec_subtract(one, vec_multiply(y, y));
    }
  }
  return one;
}
#endif
