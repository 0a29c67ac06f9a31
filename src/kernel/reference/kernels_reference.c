// The reference of every kernel slot: the other tables are tested against it, and it runs on CPUs
// that can run no other.
#include <math.h>
#include <string.h>
#include "base/bf16.h"
#include "base/float_bits.h"
#include "base/random.h"
#include "kernel/kernels.h"

enum { GEMM_MR = 4, GEMM_NR = 8 };

// ---- activations ------------------------------------------------------------

static const float SQRT_HALF = 0.70710678118654752f;       // 1 / sqrt(2)
static const float SQRT_2_OVER_PI = 0.79788456080286536f;  // sqrt(2 / pi)
// Hendrycks & Gimpel 2016, "Gaussian Error Linear Units", section 2
static const float GELU_CUBIC = 0.044715f;

static float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

static float activate(ig_activation kind, float x) {
  switch (kind) {
    case IG_ACTIVATION_NONE: return x;
    case IG_ACTIVATION_RELU: return x < 0.0f ? 0.0f : x;
    case IG_ACTIVATION_GELU: return 0.5f * x * erfcf(-x * SQRT_HALF);
    case IG_ACTIVATION_GELU_TANH:  // (1 + tanh u) / 2 = sigmoid(2u)
      return x * sigmoid(2.0f * SQRT_2_OVER_PI * (x + GELU_CUBIC * x * x * x));
    case IG_ACTIVATION_SWISH: return x * sigmoid(x);
    case IG_ACTIVATION_TANH: return tanhf(x);
  }
  return x;
}

static float activate_derivative(ig_activation kind, float x) {
  switch (kind) {
    case IG_ACTIVATION_NONE: return 1.0f;
    case IG_ACTIVATION_RELU: return x > 0.0f ? 1.0f : 0.0f;
    case IG_ACTIVATION_GELU:
      return 0.5f * erfcf(-x * SQRT_HALF) + x * 0.39894228040143268f * expf(-0.5f * x * x);
    case IG_ACTIVATION_GELU_TANH: {
      float s = sigmoid(2.0f * SQRT_2_OVER_PI * (x + GELU_CUBIC * x * x * x));
      return s + x * s * (1.0f - s) * 2.0f * SQRT_2_OVER_PI * (1.0f + 3.0f * GELU_CUBIC * x * x);
    }
    case IG_ACTIVATION_SWISH: {
      float s = sigmoid(x);
      return s + x * s * (1.0f - s);
    }
    case IG_ACTIVATION_TANH: {
      float y = tanhf(x);
      return 1.0f - y * y;
    }
  }
  return 1.0f;
}

static void activation(ig_activation kind, size_t n, const float *x, float *y) {
  for (size_t i = 0; i < n; i++) y[i] = activate(kind, x[i]);
}

static void activation_backward(ig_activation kind, size_t n, const float *x, const float *dy,
                                float *dx) {
  for (size_t i = 0; i < n; i++) dx[i] = dy[i] * activate_derivative(kind, x[i]);
}

// ---- matrix product ---------------------------------------------------------

// A row of a panel as floats: where it lies, or widened into `buffer` (GEMM_NR).
static const float *panel_row(ig_panel_type type, const void *row, float *buffer) {
  if (type == IG_PANEL_TYPE_FLOAT32) return row;
  const uint16_t *from = row;
  for (size_t j = 0; j < GEMM_NR; j++)
    buffer[j] = ig_bf16_to_float(from[2 * (j % (GEMM_NR / 2)) + j / (GEMM_NR / 2)]);
  return buffer;
}

// One row of one panel: GEMM_NR chains of fused multiply-adds, side by side.
static void gemm_row(const ig_gemm_tile *t, size_t i, const void *panel, size_t first,
                     size_t width) {
  float *c = t->c + i * t->c_row + first;
  float sum[GEMM_NR] = {0};
  if (t->accumulate)
    for (size_t j = 0; j < width; j++) sum[j] = c[j];
  for (size_t p = 0; p < t->depth; p++) {
    float a = t->a[i * t->a_row + p * t->a_depth], buffer[GEMM_NR];
    const float *b =
        panel_row(t->type, ig_kernels_panel_at(t->type, panel, p * t->packed_row), buffer);
    for (size_t j = 0; j < GEMM_NR; j++) sum[j] = fmaf(a, b[j], sum[j]);
  }
  for (size_t j = 0; j < width; j++)
    c[j] = activate(t->activation, t->bias ? sum[j] + t->bias[first + j] : sum[j]);
}

static void gemm(const ig_gemm_tile *t) {
  for (size_t first = 0; first < t->columns; first += GEMM_NR) {
    const void *panel = ig_kernels_panel_at(t->type, t->packed, first / GEMM_NR * t->panel_stride);
    size_t width = t->columns - first < GEMM_NR ? t->columns - first : GEMM_NR;
    for (size_t i = 0; i < t->rows; i++) gemm_row(t, i, panel, first, width);
  }
}

static void gemm_pack(const ig_gemm_operand *b, float *packed, size_t panel_stride) {
  for (size_t first = 0; first < b->n; first += GEMM_NR) {
    float *panel = packed + first / GEMM_NR * panel_stride;
    for (size_t p = 0; p < b->k; p++)
      for (size_t j = 0; j < GEMM_NR; j++)
        panel[p * GEMM_NR + j] =
            first + j < b->n ? b->b[p * b->b_depth + (first + j) * b->b_column] : 0.0f;
  }
}

// ---- vectors ----------------------------------------------------------------

static float dot(size_t n, const float *x, const float *y) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)y[i];
  return (float)sum;
}

static void axpy(size_t n, float alpha, const float *x, float *y) {
  for (size_t i = 0; i < n; i++) y[i] = fmaf(alpha, x[i], y[i]);
}

static float listed_value(const ig_listed_rows *rows, size_t t, size_t i) {
  const size_t at = ig_kernels_row_begin(rows, t) + i;
  return rows->bf16 ? ig_bf16_to_float(rows->bf16[at]) : rows->fp32[at];
}

static void dot_rows(size_t n, const float *x, const ig_listed_rows *rows, float *out) {
  for (size_t t = 0; t < rows->count; t++) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)listed_value(rows, t, i);
    out[t] = (float)sum;
  }
}

static void add_weighted_rows(size_t n, const float *weight, const ig_listed_rows *rows, float *y) {
  for (size_t t = 0; t < rows->count; t++)
    for (size_t i = 0; i < n; i++) y[i] = fmaf(weight[t], listed_value(rows, t, i), y[i]);
}

static void add(size_t n, const float *x, const float *y, float *z) {
  for (size_t i = 0; i < n; i++) z[i] = x[i] + y[i];
}

static void multiply(size_t n, const float *x, const float *y, float *z) {
  for (size_t i = 0; i < n; i++) z[i] = x[i] * y[i];
}

static void add_rows(size_t n, size_t rows, const float *x, size_t stride, float *y) {
  for (size_t r = 0; r < rows; r++)
    for (size_t i = 0; i < n; i++) y[i] += x[r * stride + i];
}

static void scale(size_t n, float alpha, const float *x, float *y) {
  for (size_t i = 0; i < n; i++) y[i] = alpha * x[i];
}

static double sum_squares(size_t n, const float *x) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
  return sum;
}

static ig_int8_row quantize(size_t n, const float *x, int8_t *q) {
  uint32_t most = 0;
  for (size_t i = 0; i < n; i++) {
    const uint32_t bits = ig_float_bits(fabsf(x[i]));
    if (bits > most) most = bits;
  }
  const ig_int8_range range = ig_int8_range_of(ig_float_bits_to_float(most));
  ig_int8_row row = {range.scale, 0};
  memset(q, 0, ig_int8_filled_depth(n));
  if (range.factor == 0) return row;
  for (size_t i = 0; i < n; i++) {
    q[i] = (int8_t)lrintf(x[i] * range.factor);
    row.sum += q[i];
  }
  return row;
}

// ---- softmax ----------------------------------------------------------------

static float largest(size_t n, const float *x) {
  float max = -INFINITY;
  for (size_t i = 0; i < n; i++)
    if (x[i] > max) max = x[i];
  return max;
}

static size_t argmax(size_t n, const float *x) {
  float max = largest(n, x);
  for (size_t i = 0; i < n; i++)
    if (x[i] == max) return i;
  return 0;
}

// x = exp(x - max), returns the sum.
static double exponentials(size_t n, float *x, float max) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    x[i] = expf(x[i] - max);
    sum += (double)x[i];
  }
  return sum;
}

static void softmax(size_t n, float *x) {
  float max = largest(n, x);
  if (max == -INFINITY) {  // all zeros then, but a NaN stays visible
    for (size_t i = 0; i < n; i++) x[i] = x[i] == -INFINITY ? 0.0f : x[i];
    return;
  }
  double sum = exponentials(n, x, max);
  for (size_t i = 0; i < n; i++) x[i] = (float)((double)x[i] / sum);
}

static void softmax_backward(size_t n, const float *p, const float *dp, float scale_by, float *dx) {
  float sum = dot(n, p, dp);
  for (size_t i = 0; i < n; i++) dx[i] = p[i] * (dp[i] - sum) * scale_by;
}

static ig_exp_sum exp_sum(size_t n, const float *x) {
  const float max = largest(n, x);
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += exp((double)x[i] - (max == -INFINITY ? 0 : (double)max));
  return (ig_exp_sum){max, (float)sum};
}

static float log_sum_exp(size_t n, const float *x) {
  ig_exp_sum total = IG_EXP_SUM_OF_NOTHING;
  for (size_t i = 0; i < n; i += IG_LOGITS_BLOCK)
    ig_exp_sum_add(&total, exp_sum(n - i < IG_LOGITS_BLOCK ? n - i : IG_LOGITS_BLOCK, x + i));
  return ig_exp_sum_log(total);
}

static void log_add_exp(size_t n, float c, const float *x, float *y) {
  for (size_t i = 0; i < n; i++) {
    const double a = (double)x[i] + (double)c, b = (double)y[i],
                 distance = a == b ? 0 : fabs(a - b);
    y[i] = (float)((a > b ? a : b) + log1p(exp(-distance)));
  }
}

// Label smoothing (Szegedy et al. 2016, section 7): q = (1 - e) [j = target] + e / V,
// loss = -sum q log p, dloss/dlogit = p - q.
static void cross_entropy(const ig_cross_entropy *args, size_t n, float *logits, float *loss,
                          float *nll) {
  float max = largest(n, logits), target = logits[args->target];
  double total = 0;
  for (size_t i = 0; i < n; i++) total += (double)logits[i];
  double sum = exponentials(n, logits, max);
  double log_sum = (double)max + log(sum), e = (double)args->label_smoothing;
  *nll = (float)(log_sum - (double)target);
  *loss = (float)((1 - e) * (log_sum - (double)target) +
                  (e == 0 ? 0 : e * (log_sum - total / (double)n)));
  double uniform = e / (double)n, gradient_scale = (double)args->gradient_scale;
  for (size_t i = 0; i < n; i++) {
    double q = uniform + (i == (size_t)args->target ? 1 - e : 0);
    logits[i] = (float)(((double)logits[i] / sum - q) * gradient_scale);
  }
}

// ---- layer norm -------------------------------------------------------------
// Ba, Kiros & Hinton 2016: y = xhat * gamma + beta, where xhat = (x - mean) * rstd and
// rstd = 1 / sqrt(variance + eps).

static void layer_norm(size_t n, const ig_norm_weights *norm, const float *x, float *y, float *mean,
                       float *rstd) {
  double sum = 0, squares = 0;
  for (size_t i = 0; i < n; i++) sum += (double)x[i];
  double center = n ? sum / (double)n : 0;
  for (size_t i = 0; i < n; i++) squares += ((double)x[i] - center) * ((double)x[i] - center);
  *mean = (float)center;
  *rstd = (float)(1 / sqrt((n ? squares / (double)n : 0) + (double)norm->eps));
  for (size_t i = 0; i < n; i++) {
    float xhat = (x[i] - *mean) * *rstd;
    y[i] = norm->beta ? fmaf(xhat, norm->gamma[i], norm->beta[i]) : xhat * norm->gamma[i];
  }
}

static void layer_norm_backward(size_t n, const float *gamma, ig_norm_moments moments,
                                const float *x, const float *dy, float *dx) {
  const float mean = moments.mean, rstd = moments.rstd;
  double sum_g = 0, sum_gx = 0;
  for (size_t i = 0; i < n; i++) {
    double g = (double)dy[i] * (double)gamma[i];
    sum_g += g;
    sum_gx += g * (double)((x[i] - mean) * rstd);
  }
  double mean_g = sum_g / (double)n, mean_gx = sum_gx / (double)n;
  for (size_t i = 0; i < n; i++) {
    double xhat = (double)((x[i] - mean) * rstd);
    dx[i] = (float)((double)rstd * ((double)dy[i] * (double)gamma[i] - mean_g - xhat * mean_gx));
  }
}

static void layer_norm_parameters(size_t n, ig_norm_moments moments, const float *x,
                                  const float *dy, float *dgamma, float *dbeta) {
  for (size_t i = 0; i < n; i++)
    dgamma[i] = fmaf(dy[i], (x[i] - moments.mean) * moments.rstd, dgamma[i]);
  if (dbeta) add(n, dbeta, dy, dbeta);
}

static void rms_norm(size_t n, const ig_norm_weights *norm, const float *x, float *y, float *rstd) {
  double squares = 0;
  for (size_t i = 0; i < n; i++) squares += (double)x[i] * (double)x[i];
  *rstd = (float)(1 / sqrt((n ? squares / (double)n : 0) + (double)norm->eps));
  for (size_t i = 0; i < n; i++) y[i] = x[i] * *rstd * norm->gamma[i];
}

static void rms_norm_backward(size_t n, const float *gamma, float rstd, const float *x,
                              const float *dy, float *dx) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)dy[i] * (double)gamma[i] * (double)(x[i] * rstd);
  const double mean = sum / (double)(n ? n : 1);
  for (size_t i = 0; i < n; i++) {
    const double g = (double)dy[i] * (double)gamma[i];
    dx[i] = (float)((double)rstd * (g - (double)(x[i] * rstd) * mean));
  }
}

// ---- training ---------------------------------------------------------------

static void dropout(const ig_dropout_row *row, size_t n, const float *x, float *y) {
  ig_philox_block block[16];
  for (size_t e = 0; e < n; e++) {
    size_t r = e % 128;
    if (r == 0) {
      for (uint32_t g = 0; g < 16; g++) {
        uint32_t counter[4] = {row->counter[0] + (uint32_t)(e / 128) * 16 + g, row->counter[1],
                               row->counter[2], row->counter[3]};
        block[g] = ig_random_philox(counter, row->key);
      }
    }
    uint32_t bits = block[r % 16].word[r / 16 % 4] >> (r / 64 * 16) & 0xffff;
    y[e] = bits >= row->threshold ? x[e] * row->scale : 0.0f;
  }
}

// Kingma & Ba 2015, algorithm 1, in torch.optim.Adam's order of operations.
static void adam(const ig_adam *args, size_t n, float *weight, float *gradient, float *m,
                 float *v) {
  for (size_t i = 0; i < n; i++) {
    float g = fmaf(args->weight_decay, weight[i], gradient[i] * args->gradient_scale);
    m[i] = fmaf(1.0f - args->beta1, g - m[i], m[i]);
    v[i] = fmaf((1.0f - args->beta2) * g, g, args->beta2 * v[i]);
    float step = args->learning_rate * m[i] / fmaf(sqrtf(v[i]), args->correction2, args->eps);
    weight[i] = args->decay * weight[i] - step;
    gradient[i] = 0.0f;
  }
}

const ig_kernels ig_kernels_reference = {
    .name = "reference",
    .gemm_mr = GEMM_MR,
    .gemm_nr = GEMM_NR,
    .bf16_unit = &ig_bf16_unit_reference,
    .gemm = gemm,
    .gemm_pack = gemm_pack,
    .dot = dot,
    .dot_rows = dot_rows,
    .axpy = axpy,
    .add_weighted_rows = add_weighted_rows,
    .add = add,
    .multiply = multiply,
    .add_rows = add_rows,
    .scale = scale,
    .sum_squares = sum_squares,
    .quantize = quantize,
    .multiply_int8 = ig_int8_multiply_reference,
    .softmax = softmax,
    .softmax_backward = softmax_backward,
    .exp_sum = exp_sum,
    .log_sum_exp = log_sum_exp,
    .log_add_exp = log_add_exp,
    .argmax = argmax,
    .layer_norm = layer_norm,
    .layer_norm_backward = layer_norm_backward,
    .layer_norm_parameters = layer_norm_parameters,
    .rms_norm = rms_norm,
    .rms_norm_backward = rms_norm_backward,
    .activation = activation,
    .activation_backward = activation_backward,
    .dropout = dropout,
    .cross_entropy = cross_entropy,
    .adam = adam,
};
