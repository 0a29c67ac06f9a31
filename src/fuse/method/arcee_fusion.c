// Arcee Fusion (mergekit's arcee_fusion) takes the base q, and replaces those of its values that
// matter most by the values p of the other model. The importance of a value is |p - q| times the
// divergence of its row,
//   sum P log(P / Q), where P and Q are the softmax of the row's values in p and q, plus 1e-8.
// p is taken where the importance is at least
//   median + 1.5 (third quartile - first quartile)
// of all importances of the tensor. mergekit estimates the quartiles of more than a million values
// from a sample of them; here they are those of all values, found by exact selection.
#include <math.h>
#include "fuse/method/methods.h"
#include "numeric/select.h"

enum { QUARTILES = 3 };
static const double SOFTENING = 1e-8;

// The state. The divergence of each row (rows) follows it in the same memory.
typedef struct arcee_state {
  ig_select quartile[QUARTILES];
  float threshold;
} arcee_state;

static size_t arcee_state_size(const ig_merge_tensor *m) {
  return sizeof(arcee_state) + m->rows * sizeof(double);
}
static double *row_divergences(const ig_merge_tensor *m) {
  return (double *)(void *)((arcee_state *)m->state + 1);
}
static size_t arcee_counts(const ig_merge_tensor *m, int pass) {
  (void)m;
  (void)pass;
  return QUARTILES * IG_SELECT_BINS;
}

// sum exp(x - *largest), which does not overflow.
static double sum_of_exponentials(size_t count, const float *x, float *largest) {
  double sum = 0;
  *largest = x[0];
  for (size_t i = 1; i < count; i++) *largest = fmaxf(*largest, x[i]);
  for (size_t i = 0; i < count; i++) sum += exp((double)x[i] - (double)*largest);
  return sum;
}

// sum P log(P / Q) of one row.
static double row_divergence(size_t count, const float *p, const float *q) {
  float p_largest, q_largest;
  const double p_sum = sum_of_exponentials(count, p, &p_largest),
               q_sum = sum_of_exponentials(count, q, &q_largest);
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    const double a = exp((double)p[i] - (double)p_largest) / p_sum + SOFTENING,
                 b = exp((double)q[i] - (double)q_largest) / q_sum + SOFTENING;
    sum += a * log(a / b);
  }
  return fmax(sum, 0);  // only rounding can make it negative
}

static void measure_divergences(const ig_merge_tensor *m, const ig_merge_block *b) {
  for (size_t row = 0; row < b->rows; row++)
    row_divergences(m)[b->first_row + row] =
        row_divergence(m->columns, b->x[0] + row * m->columns, b->base + row * m->columns);
}

static void measure_importance(const ig_merge_tensor *m, const ig_merge_block *b,
                               float *importance) {
  for (size_t row = 0; row < b->rows; row++) {
    const double factor = row_divergences(m)[b->first_row + row];
    for (size_t i = row * m->columns; i < (row + 1) * m->columns; i++)
      importance[i] = (float)(fabs((double)(b->x[0][i] - b->base[i])) * factor);
  }
}

static void arcee_gather(const ig_merge_tensor *m, int pass, const ig_merge_block *b,
                         ig_gathered *to) {
  const arcee_state *s = m->state;
  if (pass == 0) measure_divergences(m, b);
  measure_importance(m, b, b->scratch);
  for (int i = 0; i < QUARTILES; i++)
    ig_select_count(&s->quartile[i], pass, b->count, b->scratch, to->counts + i * IG_SELECT_BINS);
}

static void arcee_end_pass(ig_merge_tensor *m, int pass, const ig_gathered *all) {
  arcee_state *s = m->state;
  const double last = (double)(m->rows * m->columns - 1);
  float value[QUARTILES];
  for (int i = 0; i < QUARTILES; i++) {
    if (pass == 0) s->quartile[i] = ig_select_begin((size_t)(0.25 * (i + 1) * last));
    ig_select_narrow(&s->quartile[i], pass, all->counts + i * IG_SELECT_BINS);
    value[i] = ig_select_value(s->quartile[i].key);
  }
  s->threshold = value[1] + 1.5F * (value[2] - value[0]);
}

static void arcee_combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  const float threshold = ((const arcee_state *)m->state)->threshold;
  measure_importance(m, b, b->scratch);
  for (size_t i = 0; i < b->count; i++)
    out[i] = b->scratch[i] >= threshold ? b->base[i] + (b->x[0][i] - b->base[i]) : b->base[i];
}

const ig_method ig_method_arcee_fusion = {
    .name = "arcee_fusion",
    .summary = "the base, with the other's values that matter most",
    .base = IG_BASE_USE_REQUIRED,
    .least_inputs = 1,
    .most_inputs = 1,
    .passes = IG_SELECT_PASSES,
    .state_size = arcee_state_size,
    .counts = arcee_counts,
    .gather = arcee_gather,
    .end_pass = arcee_end_pass,
    .combine = arcee_combine};
