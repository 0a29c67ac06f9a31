// Every slot of every kernel table against the reference, on all shape classes, with guard values
// round each buffer. Negative control: tables with one broken slot each must be reported.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "kernel_cases.h"

// ---- guarded buffers --------------------------------------------------------

enum { GUARD = 80, MAX_BUFFERS = 16 };
// A NaN, so that a value read from beyond a row poisons the result.
static const uint32_t GUARD_BITS = 0x7fc12345;

typedef struct checker {
  const ig_kernels *kernels;
  int failures;
  char first[160];  // what failed first
  float *bases[MAX_BUFFERS];
  size_t sizes[MAX_BUFFERS], shifts[MAX_BUFFERS];
  size_t count;
  uint32_t random;
} checker;

static void fail_case(checker *c, const char *slot, size_t n, const char *what) {
  if (c->failures++ == 0)
    snprintf(c->first, sizeof c->first, "%s: %s, n %zu: %s", c->kernels->name, slot, n, what);
}

static float next_random(checker *c) {  // [-1, 1)
  c->random = c->random * 1664525u + 1013904223u;
  return (float)(c->random >> 8) / 8388608.0f - 1.0f;
}

// n floats in [-range, range), at any alignment.
static float *take(checker *c, size_t n, float range) {
  assert_true(c->count < MAX_BUFFERS);
  size_t shift = c->random >> 13 & 3, total = n + 2 * GUARD + 4;
  float *base = malloc(total * sizeof(float));
  assert_non_null(base);
  for (size_t i = 0; i < total; i++) memcpy(base + i, &GUARD_BITS, sizeof(float));
  float *x = base + GUARD + shift;
  for (size_t i = 0; i < n; i++) x[i] = range * next_random(c);
  c->bases[c->count] = base;
  c->sizes[c->count] = n;
  c->shifts[c->count++] = shift;
  return x;
}

static float *take_copy(checker *c, size_t n, const float *from) {
  float *x = take(c, n, 1.0f);
  if (n) memcpy(x, from, n * sizeof(float));
  return x;
}

static void release(checker *c, const char *slot, size_t n) {
  for (size_t b = 0; b < c->count; b++) {
    size_t start = GUARD + c->shifts[b], total = c->sizes[b] + 2 * GUARD + 4;
    for (size_t i = 0; i < total; i++) {
      if (i == start) i += c->sizes[b];
      uint32_t bits;
      memcpy(&bits, c->bases[b] + i, sizeof bits);
      if (bits != GUARD_BITS) {
        fail_case(c, slot, n, "wrote outside its output");
        break;
      }
    }
    free(c->bases[b]);
  }
  c->count = 0;
}

static void expect_same(checker *c, const char *slot, size_t n, size_t count, const float *got,
                        const float *want) {
  if (count && memcmp(got, want, count * sizeof(float)) != 0)
    fail_case(c, slot, n, "bits differ from the reference");
}

// How far a result may be from the reference: relative * |reference| + absolute.
typedef struct bound {
  double relative, absolute;
} bound;

// got and want (count).
static void expect_near(checker *c, const char *slot, size_t count, const float *got,
                        const float *want, bound allowed) {
  for (size_t i = 0; i < count; i++) {
    if (isnan(want[i]) && isnan(got[i])) continue;
    if (got[i] == want[i]) continue;
    double distance = fabs((double)got[i] - (double)want[i]);
    if (!(distance <= allowed.relative * fabs((double)want[i]) + allowed.absolute)) {
      char what[96];
      snprintf(what, sizeof what, "element %zu is %.9g, expected %.9g", i, (double)got[i],
               (double)want[i]);
      fail_case(c, slot, count, what);
      return;
    }
  }
}

static const ig_kernels *const reference = &ig_kernels_reference;

// ---- slots of one row -------------------------------------------------------

static void check_elementwise(checker *c, size_t n) {
  float *x = take(c, n, 3.0f), *y = take(c, n, 3.0f), *got = take_copy(c, n, y),
        *want = take_copy(c, n, y);
  c->kernels->axpy(n, 1.7f, x, got);
  reference->axpy(n, 1.7f, x, want);
  expect_same(c, "axpy", n, n, got, want);
  c->kernels->add(n, x, y, got);
  reference->add(n, x, y, want);
  expect_same(c, "add", n, n, got, want);
  c->kernels->scale(n, 0.3f, x, got);
  reference->scale(n, 0.3f, x, want);
  expect_same(c, "scale", n, n, got, want);
  c->kernels->add(n, got, y, got);  // in place
  reference->add(n, want, y, want);
  expect_same(c, "add in place", n, n, got, want);
  c->kernels->multiply(n, x, y, got);
  reference->multiply(n, x, y, want);
  expect_same(c, "multiply", n, n, got, want);
  c->kernels->multiply(n, got, y, got);  // in place
  reference->multiply(n, want, y, want);
  expect_same(c, "multiply in place", n, n, got, want);
  float *rows = take(c, 3 * (n + 5), 3.0f);
  for (size_t count = 0; count <= 3; count++) {
    c->kernels->add_rows(n, count, rows, n + 5, got);
    reference->add_rows(n, count, rows, n + 5, want);
    expect_same(c, "add_rows", n, n, got, want);
  }
  release(c, "axpy, add, multiply, add_rows or scale", n);
}

// n bfloat16 values with guards, as many floats as they need. The bytes after an odd one are 0.
static uint16_t *take_bf16(checker *c, size_t n) {
  float *memory = take(c, (n + 1) / 2, 3.0f);
  uint16_t *x = (uint16_t *)(void *)memory;
  for (size_t i = 0; i < n; i++) x[i] = ig_bf16_from_float(3.0f * next_random(c));
  return x;
}

// Three rows n + 3 elements apart, last first, or two from the second on.
static ig_listed_rows list_rows(size_t n, bool indexed, const float *fp32, const uint16_t *bf16) {
  static const int backwards[] = {2, 1, 0};
  return (ig_listed_rows){.fp32 = fp32,
                          .bf16 = bf16,
                          .stride = n + 3,
                          .count = indexed ? 3 : 2,
                          .first = 1,
                          .index = indexed ? backwards : NULL};
}

static void check_listed(checker *c, size_t n, const ig_listed_rows *rows) {
  float *x = take(c, n, 3.0f), *got = take(c, n, 3.0f), *want = take_copy(c, n, got),
        *dots = take(c, rows->count, 1.0f), *dots_wanted = take(c, rows->count, 1.0f);
  const float weights[] = {0.7f, -0.2f, 1.3f};
  c->kernels->dot_rows(n, x, rows, dots);
  reference->dot_rows(n, x, rows, dots_wanted);
  expect_near(c, "dot_rows", rows->count, dots, dots_wanted,
              (bound){1e-5, 1e-6 * sqrt((double)n) + 1e-6});
  for (size_t t = 0; t < rows->count && rows->fp32; t++) {
    const float one = c->kernels->dot(n, x, rows->fp32 + ig_kernels_row_begin(rows, t));
    expect_same(c, "dot_rows and dot", n, 1, &dots[t], &one);
  }
  c->kernels->add_weighted_rows(n, weights, rows, got);
  reference->add_weighted_rows(n, weights, rows, want);
  expect_same(c, "add_weighted_rows", n, n, got, want);
}

static void check_listed_rows(checker *c, size_t n) {
  const size_t count = 3 * (n + 3);
  for (int form = 0; form < 4; form++) {
    const bool bf16 = form >= 2;
    const ig_listed_rows rows = list_rows(n, form % 2, bf16 ? NULL : take(c, count, 3.0f),
                                          bf16 ? take_bf16(c, count) : NULL);
    check_listed(c, n, &rows);
    release(c, "dot_rows or add_weighted_rows", n);
  }
}

static void check_reductions(checker *c, size_t n) {
  float *x = take(c, n, 3.0f), *y = take(c, n, 3.0f);
  float got = c->kernels->dot(n, x, y), want = reference->dot(n, x, y);
  expect_near(c, "dot", 1, &got, &want, (bound){1e-5, 1e-6 * sqrt((double)n) + 1e-6});
  double squares = c->kernels->sum_squares(n, x), expected = reference->sum_squares(n, x);
  if (!(fabs(squares - expected) <= 1e-12 * expected))
    fail_case(c, "sum_squares", n, "further than 1e-12 from the reference");
  if (c->kernels->argmax(n, x) != reference->argmax(n, x))
    fail_case(c, "argmax", n, "another index");
  if (n > 2) {
    x[n - 1] = x[n / 2] = 50.0f;  // the first of two
    x[0] = NAN;
    if (c->kernels->argmax(n, x) != n / 2) fail_case(c, "argmax", n, "not the first of two equals");
  }
  release(c, "dot, sum_squares or argmax", n);
}

static float log_sum_exp_in_double(size_t n, const float *x) {
  double max = -INFINITY, sum = 0;
  for (size_t i = 0; i < n; i++) max = fmax(max, (double)x[i]);
  for (size_t i = 0; i < n; i++) sum += exp((double)x[i] - max);
  return n == 0 ? -INFINITY : (float)(max + log(sum));
}

// The sum of a row, and that of its blocks.
static void check_exp_sum(checker *c, size_t n, const float *x) {
  const ig_exp_sum got = c->kernels->exp_sum(n, x), want = reference->exp_sum(n, x);
  expect_near(c, "exp_sum", 1, &got.largest, &want.largest, (bound){0, 0});
  expect_near(c, "exp_sum", 1, &got.sum, &want.sum, (bound){1e-6, 1e-6});
  const float got_log = c->kernels->log_sum_exp(n, x), want_log = log_sum_exp_in_double(n, x);
  expect_near(c, "log_sum_exp", 1, &got_log, &want_log, (bound){1e-6, 1e-6});
  ig_exp_sum total = IG_EXP_SUM_OF_NOTHING;
  for (size_t i = 0; i < n; i += IG_LOGITS_BLOCK)
    ig_exp_sum_add(&total,
                   c->kernels->exp_sum(n - i < IG_LOGITS_BLOCK ? n - i : IG_LOGITS_BLOCK, x + i));
  const float of_blocks = ig_exp_sum_log(total);
  if (memcmp(&of_blocks, &got_log, sizeof got_log) != 0)
    fail_case(c, "log_sum_exp", n, "another sum than that of its blocks");
}

static float log_sum_exp_of(const checker *c, size_t n, float *x, float last) {
  x[n - 1] = last;
  return c->kernels->log_sum_exp(n, x);
}

// What is no number is never hidden, and nothing but -inf has no probability.
static void check_exp_sum_edges(checker *c, size_t n) {
  float *x = take(c, n, 20.0f);
  if (n == 0) return;
  if (!isnan(log_sum_exp_of(c, n, x, NAN)) && n > 1)
    fail_case(c, "log_sum_exp", n, "NaN was hidden");
  if (log_sum_exp_of(c, n, x, INFINITY) != INFINITY)
    fail_case(c, "log_sum_exp", n, "infinity was lost");
  for (size_t i = 0; i < n; i++) x[i] = -INFINITY;
  if (log_sum_exp_of(c, n, x, -INFINITY) != -INFINITY)
    fail_case(c, "log_sum_exp", n, "-inf alone is not -inf");
  if (log_sum_exp_of(c, n, x, 2.0f) != 2.0f)
    fail_case(c, "log_sum_exp", n, "one value among -inf is not its own sum");
  release(c, "log_sum_exp", n);
}

static void check_softmax(checker *c, size_t n) {
  float *x = take(c, n, 20.0f), *dp = take(c, n, 1.0f);
  if (n > 4) x[n / 3] = -INFINITY;
  check_exp_sum(c, n, x);
  float *got = take_copy(c, n, x), *want = take_copy(c, n, x);
  c->kernels->softmax(n, got);
  reference->softmax(n, want);
  expect_near(c, "softmax", n, got, want, (bound){3e-6, 1e-35});
  float *got_dx = take_copy(c, n, dp), *want_dx = take(c, n, 1.0f);
  c->kernels->softmax_backward(n, want, got_dx, 0.25f, got_dx);  // in place
  reference->softmax_backward(n, want, dp, 0.25f, want_dx);
  expect_near(c, "softmax_backward", n, got_dx, want_dx, (bound){2e-6, 2e-7});
  for (size_t i = 0; i < n; i++) x[i] = -INFINITY;
  c->kernels->softmax(n, x);
  for (size_t i = 0; i < n; i++)
    if (x[i] != 0.0f) fail_case(c, "softmax", n, "all -inf did not give zeros");
  if (n) {
    x[n - 1] = NAN;
    c->kernels->softmax(n, x);
    if (!isnan(x[n - 1])) fail_case(c, "softmax", n, "NaN was hidden");
  }
  release(c, "softmax", n);
}

// Sums of probabilities, among them of 0, of ones far apart and of what is no number.
static void check_log_add_exp(checker *c, size_t n) {
  float *x = take(c, n, 20.0f), *y = take(c, n, 20.0f);
  static const float pairs[][2] = {{-INFINITY, -3.0f}, {-3.0f, -INFINITY}, {-INFINITY, -INFINITY},
                                   {1.5f, 1.0f},       {-200.0f, -300.0f}, {3e38f, 1.0f},
                                   {INFINITY, 0.0f}};
  enum { PAIRS = sizeof pairs / sizeof *pairs };
  for (size_t i = 0; i < PAIRS && i < n; i++) {
    x[n - 1 - i] = pairs[i][0];
    y[n - 1 - i] = pairs[i][1];
  }
  float *got = take_copy(c, n, y), *want = take_copy(c, n, y);
  c->kernels->log_add_exp(n, -0.5f, x, got);
  reference->log_add_exp(n, -0.5f, x, want);
  expect_near(c, "log_add_exp", n, got, want, (bound){3e-7, 3e-7});
  if (n > 1) {
    x[0] = y[1] = NAN;
    c->kernels->log_add_exp(n, 0, x, y);
    if (!isnan(y[0]) || !isnan(y[1])) fail_case(c, "log_add_exp", n, "NaN was hidden");
  }
  release(c, "log_add_exp", n);
}

static void check_layer_norm(checker *c, size_t n) {
  float *x = take(c, n, 2.0f), *gamma = take(c, n, 1.0f), *beta = take(c, n, 1.0f),
        *dy = take(c, n, 1.0f);
  for (size_t i = 0; i < n; i++) x[i] += 1.5f;
  float *got = take(c, n, 1.0f), *want = take(c, n, 1.0f), got_statistics[2], want_statistics[2];
  for (int with_beta = 0; with_beta < 2; with_beta++) {
    const ig_norm_weights norm = {gamma, with_beta ? beta : NULL, 1e-5f};
    c->kernels->layer_norm(n, &norm, x, got, &got_statistics[0], &got_statistics[1]);
    reference->layer_norm(n, &norm, x, want, &want_statistics[0], &want_statistics[1]);
    double slack = n == 1 ? 1e-3 : 3e-6;  // one column: x - mean is pure rounding times rstd of 316
    expect_near(c, "layer_norm", n, got, want, (bound){slack, slack});
    expect_near(c, "layer_norm statistics", 2, got_statistics, want_statistics,
                (bound){2e-6, 1e-6});
  }
  if (n == 0) {
    release(c, "layer_norm", n);
    return;
  }
  const ig_norm_moments moments = {want_statistics[0], want_statistics[1]};
  c->kernels->layer_norm_backward(n, gamma, moments, x, dy, got);
  reference->layer_norm_backward(n, gamma, moments, x, dy, want);
  expect_near(c, "layer_norm_backward", n, got, want, (bound){1e-5, 2e-6 * (double)moments.rstd});
  float *got_gamma = take_copy(c, n, gamma), *want_gamma = take_copy(c, n, gamma),
        *got_beta = take_copy(c, n, beta), *want_beta = take_copy(c, n, beta);
  c->kernels->layer_norm_parameters(n, moments, x, dy, got_gamma, got_beta);
  reference->layer_norm_parameters(n, moments, x, dy, want_gamma, want_beta);
  expect_same(c, "layer_norm_parameters gamma", n, n, got_gamma, want_gamma);
  expect_same(c, "layer_norm_parameters beta", n, n, got_beta, want_beta);
  c->kernels->layer_norm_parameters(n, moments, x, dy, got_gamma, NULL);
  release(c, "layer_norm", n);
}

static void check_rms_norm(checker *c, size_t n) {
  float *x = take(c, n, 2.0f), *gamma = take(c, n, 1.0f), *dy = take(c, n, 1.0f),
        *got = take(c, n, 1.0f), *want = take(c, n, 1.0f), got_rstd, want_rstd;
  for (size_t i = 0; i < n; i++) x[i] += 1.5f;
  const ig_norm_weights norm = {gamma, NULL, 1e-6f};
  c->kernels->rms_norm(n, &norm, x, got, &got_rstd);
  reference->rms_norm(n, &norm, x, want, &want_rstd);
  expect_near(c, "rms_norm", n, got, want, (bound){3e-6, 3e-6});
  expect_near(c, "rms_norm statistics", 1, &got_rstd, &want_rstd, (bound){2e-6, 1e-6});
  c->kernels->rms_norm_backward(n, gamma, want_rstd, x, dy, got);
  reference->rms_norm_backward(n, gamma, want_rstd, x, dy, want);
  expect_near(c, "rms_norm_backward", n, got, want, (bound){1e-5, 2e-6 * (double)want_rstd});
  c->kernels->rms_norm_backward(n, gamma, want_rstd, x, dy, dy);  // in place
  expect_same(c, "rms_norm_backward in place", n, n, dy, got);
  release(c, "rms_norm", n);
}

static void check_activations(checker *c, size_t n) {
  for (int kind = IG_ACTIVATION_NONE; kind <= IG_ACTIVATION_TANH; kind++) {
    float *x = take(c, n, 12.0f), *dy = take(c, n, 1.0f), *got = take(c, n, 1.0f),
          *want = take(c, n, 1.0f);
    if (n > 5) {
      x[0] = 0.0f;
      x[1] = 100.0f;
      x[2] = -100.0f;
      x[3] = NAN;
      x[4] = 1e-6f;
    }
    c->kernels->activation((ig_activation)kind, n, x, got);
    reference->activation((ig_activation)kind, n, x, want);
    expect_near(c, "activation", n, got, want, (bound){2e-6, 1e-7});
    c->kernels->activation_backward((ig_activation)kind, n, x, dy, got);
    reference->activation_backward((ig_activation)kind, n, x, dy, want);
    expect_near(c, "activation_backward", n, got, want, (bound){2e-6, 1e-6});
    release(c, "activation", n);
  }
}

static void check_training(checker *c, size_t n) {
  static const uint32_t thresholds[] = {0, 1, 6554, 32768, 65535};
  for (size_t t = 0; t < sizeof thresholds / sizeof *thresholds; t++) {
    ig_dropout_row row = {{7, 0x9abcdef0u},
                          {0xfffffff8u, 2, 3, (uint32_t)t},
                          thresholds[t],
                          65536.0f / (65536.0f - (float)thresholds[t])};
    float *x = take(c, n, 3.0f), *got = take_copy(c, n, x), *want = take(c, n, 1.0f);
    c->kernels->dropout(&row, n, got, got);  // in place
    reference->dropout(&row, n, x, want);
    expect_same(c, "dropout", n, n, got, want);
    release(c, "dropout", n);
  }
  ig_adam args = {1e-3f, 0.9f, 0.98f, 1e-9f, 2.5f, 0.01f, 0.999f, 0.7f};
  float *state[4], *want[4];  // weight, gradient, m, v
  for (int i = 0; i < 4; i++) {
    state[i] = take(c, n, 1.0f);
    if (i == 3)
      for (size_t j = 0; j < n; j++) state[i][j] = fabsf(state[i][j]);
    want[i] = take_copy(c, n, state[i]);
  }
  c->kernels->adam(&args, n, state[0], state[1], state[2], state[3]);
  reference->adam(&args, n, want[0], want[1], want[2], want[3]);
  for (int i = 0; i < 4; i++) expect_same(c, "adam", n, n, state[i], want[i]);
  release(c, "adam", n);
  for (int smoothed = 0; smoothed < 2 && n > 0; smoothed++) {
    ig_cross_entropy entropy = {(int)(n * 2 / 3), smoothed ? 0.1f : 0.0f, 0.125f};
    float *got = take(c, n, 10.0f), *expected = take_copy(c, n, got), loss[2], nll[2];
    c->kernels->cross_entropy(&entropy, n, got, &loss[0], &nll[0]);
    reference->cross_entropy(&entropy, n, expected, &loss[1], &nll[1]);
    expect_near(c, "cross_entropy loss", 1, &loss[0], &loss[1], (bound){2e-6, 2e-6});
    expect_near(c, "cross_entropy nll", 1, &nll[0], &nll[1], (bound){2e-6, 2e-6});
    expect_near(c, "cross_entropy gradient", n, got, expected, (bound){4e-6, 1e-8});
    release(c, "cross_entropy", n);
  }
}

// ---- matrix product ---------------------------------------------------------

typedef struct product {
  size_t m, n, k;
  bool a_transposed, b_transposed, strided, accumulate, bias;
  ig_activation activation;
  ig_panel_type type;
} product;

static size_t packed_size(const ig_kernels *kernels, size_t n, size_t k) {
  return (n + kernels->gemm_nr - 1) / kernels->gemm_nr * kernels->gemm_nr * k;
}

typedef struct product_operands {
  const float *a, *b, *bias;
  float *packed, *c;
  float *rounded;  // room for packed in bfloat16
} product_operands;

static void run_product(const ig_kernels *kernels, const product *p, const product_operands *o) {
  const size_t step = p->strided ? 2 : 1, panel_stride = p->k * kernels->gemm_nr;
  const ig_gemm_operand b = {.n = p->n,
                             .k = p->k,
                             .b = o->b,
                             .b_depth = p->b_transposed ? step : p->n * step,
                             .b_column = p->b_transposed ? p->k * step : step};
  kernels->gemm_pack(&b, o->packed, panel_stride);
  if (p->type == IG_PANEL_TYPE_BFLOAT16)
    kernel_round_panels(kernels, packed_size(kernels, p->n, p->k), o->packed,
                        (uint16_t *)(void *)o->rounded);
  ig_gemm_tile tile = {.rows = p->m,
                       .columns = p->n,
                       .depth = p->k,
                       .a = o->a,
                       .a_row = (p->a_transposed ? 1 : p->k) * step,
                       .a_depth = (p->a_transposed ? p->m : 1) * step,
                       .type = p->type,
                       .packed = p->type == IG_PANEL_TYPE_BFLOAT16 ? o->rounded : o->packed,
                       .panel_stride = panel_stride,
                       .packed_row = kernels->gemm_nr,
                       .c = o->c,
                       .c_row = p->n + 3,
                       .accumulate = p->accumulate,
                       .bias = p->bias ? o->bias : NULL,
                       .activation = p->activation};
  kernels->gemm(&tile);
}

static void check_product(checker *c, const product *p) {
  size_t step = p->strided ? 2 : 1, rows = p->m ? p->m : 1;
  float *a = take(c, p->m * p->k * step, 1.0f), *b = take(c, p->n * p->k * step, 1.0f),
        *bias = take(c, p->n, 1.0f);
  float *packed = take(c, packed_size(c->kernels, p->n, p->k), 1.0f),
        *packed_reference = take(c, packed_size(reference, p->n, p->k), 1.0f);
  // The 3 floats after each row must stay as they are.
  float *got = take(c, rows * (p->n + 3), 1.0f), *want = take_copy(c, rows * (p->n + 3), got);
  float *rounded = take(c, packed_size(c->kernels, p->n, p->k) / 2, 1.0f);
  run_product(c->kernels, p, &(product_operands){a, b, bias, packed, got, rounded});
  // What is wanted in bfloat16 is the product in float32 with rounded values.
  product in_float32 = *p;
  in_float32.type = IG_PANEL_TYPE_FLOAT32;
  for (size_t i = 0; p->type == IG_PANEL_TYPE_BFLOAT16 && i < p->n * p->k * step; i++)
    b[i] = ig_bf16_to_float(ig_bf16_from_float(b[i]));
  run_product(reference, &in_float32,
              &(product_operands){a, b, bias, packed_reference, want, NULL});
  bool bounded = p->activation == IG_ACTIVATION_GELU || p->activation == IG_ACTIVATION_GELU_TANH ||
                 p->activation == IG_ACTIVATION_SWISH || p->activation == IG_ACTIVATION_TANH;
  if (bounded)
    expect_near(c, "gemm", rows * (p->n + 3), got, want, (bound){3e-6, 1e-6});
  else
    expect_same(c, "gemm", p->n, rows * (p->n + 3), got, want);
  release(c, "gemm or gemm_pack", p->n);
}

static void check_gemm(checker *c, ig_panel_type type) {
  for (size_t m = 0; m <= 31; m++)
    for (size_t n = 0; n <= 70; n += m % 7 + 1) {
      product p = {.m = m,
                   .n = n,
                   .k = (m * 7 + n) % 37,
                   .a_transposed = m & 1,
                   .b_transposed = n & 1,
                   .strided = n % 5 == 4,
                   .accumulate = n & 2,
                   .bias = m & 2,
                   .activation = (ig_activation)((m + n) % 6),
                   .type = type};
      check_product(c, &p);
    }
  check_product(c, &(product){.m = 101,
                              .n = 203,
                              .k = 307,
                              .b_transposed = true,
                              .bias = true,
                              .activation = IG_ACTIVATION_RELU,
                              .type = type});
  check_product(
      c, &(product){
             .m = 3, .n = 515, .k = 129, .a_transposed = true, .accumulate = true, .type = type});
}

// ---- the cases that are timed -----------------------------------------------

static kernel_operands take_operands(checker *c) {
  return (kernel_operands){take(c, KERNEL_FLOATS, 1.0f), take(c, KERNEL_FLOATS, 1.0f),
                           take(c, KERNEL_FLOATS, 1.0f), take(c, KERNEL_FLOATS, 1.0f)};
}

static void run_case(const ig_kernels *kernels, const kernel_case *k, const kernel_operands *o) {
  if (k->prepare) k->prepare(kernels, o);
  for (int i = 0; i < 2; i++) k->run(kernels, k->n, o);
}

// Units that do not sum by value are told apart from wrong ones by unit/kernel_bf16, to the bit.
static double tolerance_of(const ig_kernels *kernels, const kernel_case *k) {
  const bool reordered = k->slot == KERNEL_SLOT(bf16_unit) && !kernels->bf16_unit->by_value;
  return reordered ? 1e-4 : k->tolerance;
}

static void check_case(checker *c, const kernel_case *k) {
  const uint32_t seed = c->random;
  const kernel_operands got = take_operands(c);
  c->random = seed;
  const kernel_operands want = take_operands(c);
  run_case(c->kernels, k, &got);
  run_case(reference, k, &want);
  for (const char *w = k->written; *w; w++) {
    const float *a = *w == 'x' ? got.x : *w == 'y' ? got.y : *w == 'z' ? got.z : got.w;
    const float *b = *w == 'x' ? want.x : *w == 'y' ? want.y : *w == 'z' ? want.z : want.w;
    const double tolerance = tolerance_of(c->kernels, k);
    if (tolerance > 0)
      expect_near(c, k->name, KERNEL_FLOATS, a, b, (bound){tolerance, tolerance});
    else
      expect_same(c, k->name, k->n, KERNEL_FLOATS, a, b);
  }
  release(c, k->name, k->n);
}

// Slots that the first `count` cases leave out; a slot is a pointer.
static int slots_left_out(size_t count) {
  const size_t first = offsetof(ig_kernels, bf16_unit), size = sizeof reference->gemm;
  int missing = 0;
  for (size_t slot = first; slot < sizeof(ig_kernels); slot += size) {
    bool found = false;
    for (size_t i = 0; i < count; i++) found = found || kernel_cases[i].slot == slot;
    missing += !found;
  }
  return missing;
}

static void every_slot_is_timed(void **state) {
  (void)state;
  assert_int_equal(slots_left_out(KERNEL_CASES), 0);
  assert_int_equal(slots_left_out(KERNEL_CASES - 1), 1);  // the control: the last slot has one case
}

static int check_table(const ig_kernels *kernels, char *first, size_t size) {
  static const size_t large[] = {127, 128, 129, 255, 257, 1000, 1023, 8001};
  checker c = {.kernels = kernels, .random = 12345};
  for (size_t i = 0; i <= 70 + sizeof large / sizeof *large; i++) {
    size_t n = i <= 70 ? i : large[i - 71];
    check_elementwise(&c, n);
    check_reductions(&c, n);
    check_listed_rows(&c, n);
    check_softmax(&c, n);
    check_exp_sum_edges(&c, n);
    check_log_add_exp(&c, n);
    check_layer_norm(&c, n);
    check_rms_norm(&c, n);
    check_activations(&c, n);
    check_training(&c, n);
  }
  check_gemm(&c, IG_PANEL_TYPE_FLOAT32);
  check_gemm(&c, IG_PANEL_TYPE_BFLOAT16);
  for (size_t i = 0; i < KERNEL_CASES; i++) check_case(&c, &kernel_cases[i]);
  snprintf(first, size, "%s", c.first);
  return c.failures;
}

static void every_table_matches_the_reference(void **state) {
  (void)state;
  char first[160];
  for (const ig_kernels *const *kernels = ig_kernels_all(); *kernels; kernels++) {
    if (!ig_kernels_supported(*kernels)) {
      print_message("%s: not run, this CPU lacks it\n", (*kernels)->name);
      continue;
    }
    int failures = check_table(*kernels, first, sizeof first);
    if (failures) print_error("%d failures, first: %s\n", failures, first);
    assert_int_equal(failures, 0);
  }
}

// ---- the reference against exact values -------------------------------------

static void gelu_is_exact_within_1e_6(void **state) {
  (void)state;
  for (const ig_kernels *const *kernels = ig_kernels_all(); *kernels; kernels++) {
    if (!ig_kernels_supported(*kernels)) continue;
    for (int i = -12000; i <= 12000; i++) {
      float x = (float)i * 1e-3f, y;
      (*kernels)->activation(IG_ACTIVATION_GELU, 1, &x, &y);
      double exact = 0.5 * (double)x * erfc(-(double)x * sqrt(0.5));
      assert_true(fabs((double)y - exact) < 1e-6);
    }
  }
}

// ---- negative control -------------------------------------------------------

static void late_add(size_t n, const float *x, const float *y, float *z) {  // one element too far
  for (size_t i = 0; i <= n; i++) z[i] = i < n ? x[i] + y[i] : 0.0f;
}
static void unfused_axpy(size_t n, float alpha, const float *x, float *y) {  // rounds twice
  for (size_t i = 0; i < n; i++) {
    volatile float scaled = alpha * x[i];
    y[i] += scaled;
  }
}
static float short_dot(size_t n, const float *x, const float *y) {
  return reference->dot(n > 64 ? n - 1 : n, x, y);
}
static void leaky_softmax(size_t n, float *x) {  // all -inf: NaN
  bool all = true;
  for (size_t i = 0; i < n; i++) all = all && x[i] == -INFINITY;
  reference->softmax(n, x);
  if (all && n) x[n - 1] = NAN;
}
static void careless_gemm(const ig_gemm_tile *tile) {  // forgets to accumulate
  ig_gemm_tile t = *tile;
  t.accumulate = false;
  reference->gemm(&t);
}
static void plain_bf16_gemm(const ig_gemm_tile *tile) {  // takes the halves one after the other
  enum { NR = 8 };
  uint16_t *panel = NULL;
  ig_gemm_tile t = *tile;
  const size_t count = packed_size(reference, t.columns, t.depth);
  if (t.type == IG_PANEL_TYPE_BFLOAT16 && count) {
    panel = malloc(count * sizeof *panel);
    assert_non_null(panel);
    const uint16_t *from = t.packed;
    for (size_t i = 0; i < count; i++)
      panel[i - i % NR + 2 * (i % (NR / 2)) + i % NR / (NR / 2)] = from[i];
    t.packed = panel;
  }
  reference->gemm(&t);
  free(panel);
}
static void biased_dropout(const ig_dropout_row *row, size_t n, const float *x, float *y) {
  ig_dropout_row other = *row;
  other.counter[0]++;
  reference->dropout(&other, n, x, y);
}
static void lazy_adam(const ig_adam *args, size_t n, float *weight, float *gradient, float *m,
                      float *v) {  // keeps the last gradient
  float kept = n ? gradient[n - 1] : 0.0f;
  reference->adam(args, n, weight, gradient, m, v);
  if (n) gradient[n - 1] = kept;
}
static size_t last_argmax(size_t n, const float *x) {
  size_t best = 0;
  for (size_t i = 1; i < n; i++)
    if (!(x[i] < x[best])) best = i;
  return best;
}

// As near as can be, but not what the sums of the blocks give.
static float neighbouring_log_sum_exp(size_t n, const float *x) {
  return nextafterf(reference->log_sum_exp(n, x), INFINITY);
}
static ig_exp_sum short_exp_sum(size_t n, const float *x) {
  return reference->exp_sum(n > 1 ? n - 1 : n, x);
}

static void naive_log_add_exp(size_t n, float c, const float *x,
                              float *y) {  // loses what exp cannot hold
  for (size_t i = 0; i < n; i++) y[i] = logf(expf(y[i]) + expf(x[i] + c));
}

static void broken_tables_are_reported(void **state) {
  (void)state;
  enum { BROKEN = 12 };
  ig_kernels broken[BROKEN];
  for (int i = 0; i < BROKEN; i++) broken[i] = *reference;
  broken[0].add = late_add;
  broken[1].axpy = unfused_axpy;
  broken[2].dot = short_dot;
  broken[3].softmax = leaky_softmax;
  broken[4].gemm = careless_gemm;
  broken[5].dropout = biased_dropout;
  broken[6].adam = lazy_adam;
  broken[7].argmax = last_argmax;
  broken[8].log_sum_exp = neighbouring_log_sum_exp;
  broken[9].log_add_exp = naive_log_add_exp;
  broken[10].gemm = plain_bf16_gemm;
  broken[11].exp_sum = short_exp_sum;
  static const char *const slots[BROKEN] = {"add",         "axpy",        "dot",  "softmax",
                                            "gemm",        "dropout",     "adam", "argmax",
                                            "log_sum_exp", "log_add_exp", "gemm", "exp_sum"};
  char first[160];
  for (int i = 0; i < BROKEN; i++) {
    assert_true(check_table(&broken[i], first, sizeof first) > 0);
    assert_non_null(strstr(first, slots[i]));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_slot_is_timed),
      cmocka_unit_test(every_table_matches_the_reference),
      cmocka_unit_test(gelu_is_exact_within_1e_6),
      cmocka_unit_test(broken_tables_are_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
