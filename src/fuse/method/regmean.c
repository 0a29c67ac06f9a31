// Regression mean: of each linear layer the weights whose outputs are, in the least squares,
// nearest to those of all models' layers on their own inputs   (Jin et al. 2023, "Dataless
// Knowledge Fusion by Merging Weights of Language Models", eq. 2 and section 4.2)
//
//   W^T = (sum_i w_i G_i + r I)^-1 (sum_i w_i G_i W_i^T + r M^T)
//
// G_i is the mean of x^T x over the inputs x of model i's layer, its values off the diagonal times
// `alpha`; M is the models' mean by weights, and r is `ridge` times the mean of the sum's diagonal:
// where no input reaches, the layer is M. The inputs of a table of embeddings are all zeros but for
// one 1, so its G_i is a diagonal, of how often each token goes in, and row t of the table is
//
//   E_t = (sum_i w_i g_i,t E_i,t + r M_t) / (sum_i w_i g_i,t + r)
//
// Other tensors are the mean by weights.
#include <math.h>
#include "base/vectors.h"
#include "fuse/method/methods.h"
#include "numeric/cholesky.h"
#include "numeric/sums.h"

enum { WEIGHT };
enum { ALPHA = 1, RIDGE };

typedef struct regmean_state {
  bool solves;  // the factor is there
  double ridge;
  double factor[];  // (columns, columns)
} regmean_state;

static size_t state_size(const ig_merge_tensor *m) {
  if (m->rank != 2 || m->rows < 2) return 0;  // one row has no Gram matrix
  return sizeof(regmean_state) + m->columns * m->columns * sizeof(double);
}

static double sum_of_weights(const ig_merge_tensor *m) {
  double sum = 0;
  for (size_t k = 0; k < m->inputs; k++) sum += m->of_model[k][WEIGHT];
  return sum;
}

static const char *refuses_weights(const ig_merge_tensor *m) {
  return sum_of_weights(m) > 0 ? NULL : "the weights are all 0";
}

// Adds one row of the models' matrices to that of the sum.
static void add_row(void *context, size_t row, int worker) {
  (void)worker;
  const ig_merge_tensor *m = context;
  const size_t n = m->columns;
  double *sum = ((regmean_state *)m->state)->factor + row * n;
  for (size_t k = 0; k < m->inputs; k++) {
    const float *gram = m->grams[k] + row * n;
    const double weight = m->of_model[k][WEIGHT], off = weight * m->shared[ALPHA];
    for (size_t i = 0; i < n; i++) sum[i] += (i == row ? weight : off) * (double)gram[i];
  }
}

static void begin_table(ig_merge_tensor *m) {
  double trace = 0;
  for (size_t k = 0; k < m->inputs; k++)
    for (size_t i = 0; i < m->rows; i++)
      trace += m->of_model[k][WEIGHT] * (double)m->frequencies[k][i];
  ((regmean_state *)m->state)->ridge = m->shared[RIDGE] * trace / (double)m->rows;
}

static void begin_layer(ig_merge_tensor *m) {
  regmean_state *s = m->state;
  const size_t n = m->columns;
  double trace = 0;
  ig_pool_run(m->pool, n, add_row, m);
  for (size_t i = 0; i < n; i++) trace += s->factor[i * n + i];
  s->ridge = m->shared[RIDGE] * trace / (double)n;
  for (size_t i = 0; i < n; i++) s->factor[i * n + i] += s->ridge;
  s->solves = ig_cholesky_factor(m->pool, n, s->factor);
}

static void regmean_begin(ig_merge_tensor *m) {
  if (m->grams) begin_layer(m);
  if (m->frequencies) begin_table(m);
}

static void mean_combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  const double all = sum_of_weights(m);
  for (size_t i = 0; i < b->count; i++) {
    double sum = 0;
    for (size_t k = 0; k < m->inputs; k++) sum += m->of_model[k][WEIGHT] * (double)b->x[k][i];
    out[i] = (float)(sum / all);
  }
}

// The right side of the equation for the rows of a block: to (rows, columns). mean (likewise): M.
static void fill_right_side(const ig_merge_tensor *m, const ig_merge_block *b, const float *mean,
                            double *to) {
  const size_t n = m->columns;
  const double alpha = m->shared[ALPHA], ridge = ((const regmean_state *)m->state)->ridge;
  for (size_t i = 0; i < b->count; i++) to[i] = ridge * (double)mean[i];
  for (size_t k = 0; k < m->inputs; k++)
    for (size_t j = 0; j < n; j++) {
      const float *gram = m->grams[k] + j * n;
      for (size_t r = 0; r < b->rows; r++) {
        const float *w = b->x[k] + r * n;
        const double whole = ig_sums_of_products(n, gram, w), own = (double)gram[j] * (double)w[j];
        to[r * n + j] += m->of_model[k][WEIGHT] * (alpha * whole + (1 - alpha) * own);
      }
    }
}

// One row of a table, whose values begin at `at` of the block. out (columns): M's row, then E's.
static void combine_token(const ig_merge_tensor *m, const ig_merge_block *b, size_t at,
                          float *out) {
  const double ridge = ((const regmean_state *)m->state)->ridge;
  const size_t row = b->first_row + at / m->columns;
  double all = ridge;
  for (size_t k = 0; k < m->inputs; k++)
    all += m->of_model[k][WEIGHT] * (double)m->frequencies[k][row];
  for (size_t i = 0; all > 0 && i < m->columns; i++) {
    double sum = ridge * (double)out[i];
    for (size_t k = 0; k < m->inputs; k++)
      sum += m->of_model[k][WEIGHT] * (double)m->frequencies[k][row] * (double)b->x[k][at + i];
    out[i] = (float)(sum / all);
  }
}

static void combine_layer(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  if (!((const regmean_state *)m->state)->solves) return;
  double *solved = (double *)(void *)b->scratch;  // (inputs + 2, count) floats: at least (count)
  fill_right_side(m, b, out, solved);
  ig_cholesky_solve(m->columns, ((const regmean_state *)m->state)->factor, b->rows, solved);
  for (size_t i = 0; i < b->count; i++) out[i] = (float)solved[i];
}

static void regmean_combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  mean_combine(m, b, out);
  if (m->grams) combine_layer(m, b, out);
  for (size_t at = 0; m->frequencies && at < b->count; at += m->columns)
    combine_token(m, b, at, out + at);
}

const ig_method ig_method_regmean = {
    .name = "regmean",
    .summary = "of linear layers the weights that give the models' outputs on their own inputs",
    .base = IG_BASE_USE_NONE,
    .least_inputs = 1,
    .most_inputs = IG_METHOD_INPUTS,
    .statistics = IG_STATISTIC_KIND_GRAM,
    .parameters = {{"weight", IG_VALUE_NUMBER, true, false, 1, 0, INFINITY},
                   {"alpha", IG_VALUE_NUMBER, false, false, 0.9, 0, 1},
                   {"ridge", IG_VALUE_NUMBER, false, false, 1e-6, 1e-9, INFINITY}},
    .refuses = refuses_weights,
    .state_size = state_size,
    .begin = regmean_begin,
    .combine = regmean_combine};
