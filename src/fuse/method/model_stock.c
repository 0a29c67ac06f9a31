// Model Stock (Jang et al., ECCV 2024): between the base and the mean of fine-tuned models, at the
// ratio that their angle around the base gives:
//   t = N cos / (1 + (N - 1) cos), cos: the mean over pairs of the cosines between differences from
//   the base.
// Over whole tensors, or row by row (filter_wise).
#include <math.h>
#include "fuse/method/methods.h"

enum { FILTER_WISE };

static size_t pairs(const ig_merge_tensor *m) { return m->inputs * (m->inputs + 1) / 2; }

static size_t state_size(const ig_merge_tensor *m) {
  (void)m;
  return sizeof(double);
}

static size_t sums(const ig_merge_tensor *m, int pass) {
  (void)pass;
  return pairs(m);
}

static bool wants(const ig_merge_tensor *m, int pass) {
  (void)pass;
  return m->shared[FILTER_WISE] == 0;
}

// Products of each pair of differences, over values first .. first + count - 1.
static void multiply(const ig_merge_tensor *m, const ig_merge_block *b, size_t first, size_t count,
                     double *products) {
  size_t pair = 0;
  for (size_t j = 0; j < m->inputs; j++)
    for (size_t k = 0; k <= j; k++, pair++) {
      const float *x = b->x[j] + first, *y = b->x[k] + first, *base = b->base + first;
      double sum = 0;
      for (size_t i = 0; i < count; i++) sum += (double)(x[i] - base[i]) * (double)(y[i] - base[i]);
      products[pair] = sum;
    }
}

static double ratio(const ig_merge_tensor *m, const double *products) {
  const double n = (double)m->inputs;
  double cosine = 0;
  size_t pair = 0, count = 0;
  for (size_t j = 0; j < m->inputs; j++)
    for (size_t k = 0; k <= j; k++, pair++) {
      if (j == k) continue;
      const double norms =
          sqrt(products[j * (j + 1) / 2 + j]) * sqrt(products[k * (k + 1) / 2 + k]);
      cosine += fmin(fmax(products[pair] / fmax(norms, 1e-6), -1), 1);
      count++;
    }
  cosine /= (double)count;
  const double divisor = 1 + (n - 1) * cosine;
  return fabs(divisor) < 1e-6 ? 0 : n * cosine / divisor;
}

static void gather(const ig_merge_tensor *m, int pass, const ig_merge_block *block,
                   ig_gathered *to) {
  (void)pass;
  multiply(m, block, 0, block->count, to->sums);
}

static void end_pass(ig_merge_tensor *m, int pass, const ig_gathered *all) {
  (void)pass;
  *(double *)m->state = ratio(m, all->sums);
}

static void mix(const ig_merge_tensor *m, const ig_merge_block *b, size_t first, size_t count,
                double t, float *out) {
  for (size_t i = first; i < first + count; i++) {
    float sum = 0;
    for (size_t k = 0; k < m->inputs; k++) sum += b->x[k][i];
    out[i] = (float)t * (sum / (float)m->inputs) + (float)(1 - t) * b->base[i];
  }
}

static void combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  if (m->shared[FILTER_WISE] == 0) {
    mix(m, b, 0, b->count, *(const double *)m->state, out);
    return;
  }
  double products[IG_METHOD_INPUTS * (IG_METHOD_INPUTS + 1) / 2];
  for (size_t row = 0; row < b->rows; row++) {
    multiply(m, b, row * m->columns, m->columns, products);
    mix(m, b, row * m->columns, m->columns, ratio(m, products), out);
  }
}

const ig_method ig_method_model_stock = {
    .name = "model_stock",
    .summary = "between the base and the average, by the angle of the differences",
    .base = IG_BASE_USE_REQUIRED,
    .least_inputs = 2,
    .most_inputs = IG_METHOD_INPUTS,
    .parameters = {{"filter_wise", IG_VALUE_FLAG, false, false, 0, 0, 1}},
    .passes = 1,
    .state_size = state_size,
    .sums = sums,
    .wants = wants,
    .gather = gather,
    .end_pass = end_pass,
    .combine = combine};
