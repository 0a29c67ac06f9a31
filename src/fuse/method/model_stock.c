// Model Stock (Jang et al., ECCV 2024): the result lies between the base and the mean of N
// fine-tuned models, at a ratio t that depends on the angle between their differences from the
// base:
//   t = N cos / (1 + (N - 1) cos);  t mean(x_i) + (1 - t) base
// cos is the mean, over all pairs of different models, of the cosine between their differences. It
// is taken over the whole tensor, or row by row with filter_wise.
#include <math.h>
#include "fuse/method/methods.h"

enum { FILTER_WISE };

// How many pairs of models there are; each model also makes a pair with itself.
static size_t pair_count(const ig_merge_tensor *m) { return m->inputs * (m->inputs + 1) / 2; }

static size_t stock_state_size(const ig_merge_tensor *m) {
  (void)m;
  return sizeof(double);
}

static size_t stock_sums(const ig_merge_tensor *m, int pass) {
  (void)pass;
  return pair_count(m);
}

static bool stock_wants(const ig_merge_tensor *m, int pass) {
  (void)pass;
  return m->shared[FILTER_WISE] == 0;
}

static double multiply_pair(const ig_merge_block *b, size_t j, size_t k, size_t first,
                            size_t count) {
  const float *x = b->x[j] + first, *y = b->x[k] + first, *base = b->base + first;
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += (double)(x[i] - base[i]) * (double)(y[i] - base[i]);
  return sum;
}

// Computes the products of the differences of each pair (j, k), k <= j, over values first .. first
// + count - 1 of the block. products (pair_count): pair (j, k) is at j (j + 1) / 2 + k.
static void multiply_pairs(const ig_merge_tensor *m, const ig_merge_block *b, size_t first,
                           size_t count, double *products) {
  size_t pair = 0;
  for (size_t j = 0; j < m->inputs; j++)
    for (size_t k = 0; k <= j; k++, pair++) products[pair] = multiply_pair(b, j, k, first, count);
}

// The cosine of a pair, from its product and those of each with itself.
static double pair_cosine(double product, double self, double other_self) {
  const double norms = sqrt(self) * sqrt(other_self);
  return fmin(fmax(product / fmax(norms, 1e-6), -1), 1);
}

// Computes t from the sum of the cosines of all pairs.
static double stock_ratio_of(const ig_merge_tensor *m, double cosine) {
  const double n = (double)m->inputs, pairs = n * (n - 1) / 2;
  const double mean = cosine / pairs, divisor = 1 + (n - 1) * mean;
  return fabs(divisor) < 1e-6 ? 0 : n * mean / divisor;
}

// Computes t from the products of pairs.
static double stock_ratio(const ig_merge_tensor *m, const double *products) {
  double cosine = 0;
  for (size_t j = 0; j < m->inputs; j++)
    for (size_t k = 0; k < j; k++)
      cosine += pair_cosine(products[j * (j + 1) / 2 + k], products[j * (j + 1) / 2 + j],
                            products[k * (k + 1) / 2 + k]);
  return stock_ratio_of(m, cosine);
}

// Computes t of one row, which begins at value `first` of the block. The products of all pairs need
// not be kept.
static double filter_ratio(const ig_merge_tensor *m, const ig_merge_block *b, size_t first) {
  double self[IG_METHOD_INPUTS], cosine = 0;
  for (size_t j = 0; j < m->inputs; j++) {
    self[j] = multiply_pair(b, j, j, first, m->columns);
    for (size_t k = 0; k < j; k++)
      cosine += pair_cosine(multiply_pair(b, j, k, first, m->columns), self[j], self[k]);
  }
  return stock_ratio_of(m, cosine);
}

static void stock_gather(const ig_merge_tensor *m, int pass, const ig_merge_block *block,
                         ig_gathered *to) {
  (void)pass;
  multiply_pairs(m, block, 0, block->count, to->sums);
}

static void stock_end_pass(ig_merge_tensor *m, int pass, const ig_gathered *all) {
  (void)pass;
  *(double *)m->state = stock_ratio(m, all->sums);
}

// Combines values first .. first + count - 1 of the block.
static void mix_with_base(const ig_merge_tensor *m, const ig_merge_block *b, size_t first,
                          size_t count, double t, float *out) {
  for (size_t i = first; i < first + count; i++) {
    float sum = 0;
    for (size_t k = 0; k < m->inputs; k++) sum += b->x[k][i];
    out[i] = (float)t * (sum / (float)m->inputs) + (float)(1 - t) * b->base[i];
  }
}

static void stock_combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  if (m->shared[FILTER_WISE] == 0) {
    mix_with_base(m, b, 0, b->count, *(const double *)m->state, out);
    return;
  }
  for (size_t row = 0; row < b->rows; row++) {
    const double t = filter_ratio(m, b, row * m->columns);
    mix_with_base(m, b, row * m->columns, m->columns, t, out);
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
    .state_size = stock_state_size,
    .sums = stock_sums,
    .wants = stock_wants,
    .gather = stock_gather,
    .end_pass = stock_end_pass,
    .combine = stock_combine};
