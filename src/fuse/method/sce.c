// SCE: select, calculate, erase (Wan et al. 2024, "FuseChat"), on the differences d_i = x_i - base.
//   select:    the elements at which the d_i vary most between the models: the part select_topk of
//              those at which they vary at all; of equal variances the lowest index is first
//   calculate: w_i, each model's mean of d_i^2 over the selected elements, divided by the sum of
//              these means
//   erase:     at each element the d_i whose sign is not that of sum_i d_i (0 counts as +)
// The result is base + sum_i w_i d_i / sum_i w_i over the d_i that remain, and the base elsewhere.
#include <math.h>
#include "fuse/method/methods.h"
#include "numeric/select.h"

enum { SELECT_TOPK, INT8_MASK };
enum { EQUALS_PASS = IG_SELECT_PASSES, SQUARES_PASS, PASSES };
static const double NO_WEIGHT = 1e-6;

// The state. In the same memory follow a weight for each model (inputs), and for each block
// (blocks) how many of its variances equal the bound; after the pass that counts them, how many of
// all blocks before it do.
typedef struct sce_state {
  ig_select bound;     // the smallest variance that is taken
  size_t kept;         // elements that are taken
  size_t kept_equals;  // how many of the variances that equal the bound are taken, the first ones
} sce_state;

static double *model_weights(const ig_merge_tensor *m) {
  return (double *)(void *)((sce_state *)m->state + 1);
}
static size_t *equal_variances(const ig_merge_tensor *m) {
  return (size_t *)(void *)(model_weights(m) + m->inputs);
}
static size_t sce_state_size(const ig_merge_tensor *m) {
  return sizeof(sce_state) + m->inputs * sizeof(double) + m->blocks * sizeof(size_t);
}

// False if all elements are taken.
static bool selects_elements(const ig_merge_tensor *m) { return m->shared[SELECT_TOPK] < 1; }

// The bins of the selection, and after them how many variances are not zero.
static size_t sce_counts(const ig_merge_tensor *m, int pass) {
  return selects_elements(m) && pass < IG_SELECT_PASSES ? IG_SELECT_BINS + 1 : 0;
}
static size_t sce_sums(const ig_merge_tensor *m, int pass) {
  return pass == SQUARES_PASS ? m->inputs : 0;
}

static bool sce_wants(const ig_merge_tensor *m, int pass) {
  const sce_state *s = m->state;
  if (pass == SQUARES_PASS) return !selects_elements(m) || s->kept > 0;
  if (!selects_elements(m) || (pass > 0 && s->kept == 0)) return false;
  return pass != EQUALS_PASS || s->kept_equals < s->bound.equal;
}

// Computes variance (count): that of the differences at each element of the block.
static void measure_variances(const ig_merge_tensor *m, const ig_merge_block *b, float *variance) {
  const double n = (double)m->inputs;
  for (size_t i = 0; i < b->count; i++) {
    double mean = 0, sum = 0;
    for (size_t k = 0; k < m->inputs; k++) mean += (double)(b->x[k][i] - b->base[i]);
    mean /= n;
    for (size_t k = 0; k < m->inputs; k++) {
      const double off = (double)(b->x[k][i] - b->base[i]) - mean;
      sum += off * off;
    }
    variance[i] = (float)(sum / n);
  }
}

// Sets taken (count) to 1 for the elements of the block that are taken, to 0 for the others.
static void mark_taken(const ig_merge_tensor *m, const ig_merge_block *b, float *taken) {
  const sce_state *s = m->state;
  if (!selects_elements(m) || s->kept == 0) {
    const float all = selects_elements(m) ? 0 : 1;
    for (size_t i = 0; i < b->count; i++) taken[i] = all;
    return;
  }
  measure_variances(m, b, taken);
  size_t equal = equal_variances(m)[b->index];
  for (size_t i = 0; i < b->count; i++) {
    const uint32_t key = ig_select_key(taken[i]);
    const bool is_equal = key == s->bound.key;
    taken[i] = key > s->bound.key || (is_equal && equal < s->kept_equals) ? 1 : 0;
    equal += is_equal;
  }
}

static void gather_squares(const ig_merge_tensor *m, const ig_merge_block *b, double *squares) {
  mark_taken(m, b, b->scratch);
  for (size_t k = 0; k < m->inputs; k++) {
    double sum = 0;
    for (size_t i = 0; i < b->count; i++) {
      const double d = (double)((b->x[k][i] - b->base[i]) * b->scratch[i]);
      sum += d * d;
    }
    squares[k] = sum;
  }
}

static void sce_gather(const ig_merge_tensor *m, int pass, const ig_merge_block *b,
                       ig_gathered *to) {
  const sce_state *s = m->state;
  if (pass == SQUARES_PASS) {
    gather_squares(m, b, to->sums);
    return;
  }
  measure_variances(m, b, b->scratch);
  if (pass < IG_SELECT_PASSES) ig_select_count(&s->bound, pass, b->count, b->scratch, to->counts);
  if (pass == 0)
    for (size_t i = 0; i < b->count; i++) to->counts[IG_SELECT_BINS] += b->scratch[i] != 0;
  if (pass == EQUALS_PASS) {
    size_t equal = 0;
    for (size_t i = 0; i < b->count; i++) equal += ig_select_key(b->scratch[i]) == s->bound.key;
    equal_variances(m)[b->index] = equal;
  }
}

static void end_selection(ig_merge_tensor *m, int pass, const ig_gathered *all) {
  sce_state *s = m->state;
  if (pass == 0) {
    s->kept = (size_t)((double)all->counts[IG_SELECT_BINS] * m->shared[SELECT_TOPK]);
    if (s->kept == 0) return;
    s->bound = ig_select_begin(m->rows * m->columns - s->kept);
  }
  ig_select_narrow(&s->bound, pass, all->counts);
  // Of the values equal to the bound, bound.rank are below the rank; the others are taken.
  s->kept_equals = s->bound.equal - s->bound.rank;
}

static void end_equals(ig_merge_tensor *m) {
  size_t before = 0;
  for (size_t i = 0; i < m->blocks; i++) {
    const size_t here = equal_variances(m)[i];
    equal_variances(m)[i] = before;
    before += here;
  }
}

static void end_squares(ig_merge_tensor *m, const double *squares) {
  const double n = (double)(m->rows * m->columns);
  double sum = 0;
  for (size_t k = 0; k < m->inputs; k++) sum += squares[k] / n;
  for (size_t k = 0; k < m->inputs; k++)
    model_weights(m)[k] = sum < NO_WEIGHT ? 1 / (double)m->inputs : squares[k] / n / sum;
}

static void sce_end_pass(ig_merge_tensor *m, int pass, const ig_gathered *all) {
  if (pass < IG_SELECT_PASSES) end_selection(m, pass, all);
  if (pass == EQUALS_PASS) end_equals(m);
  if (pass == SQUARES_PASS) end_squares(m, all->sums);
}

static void sce_combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  float *taken = b->scratch;
  mark_taken(m, b, taken);
  for (size_t i = 0; i < b->count; i++) {
    float sum = 0, mixed = 0, weight = 0;
    for (size_t k = 0; k < m->inputs; k++) sum += b->x[k][i] - b->base[i];
    for (size_t k = 0; k < m->inputs; k++) {
      const float d = b->x[k][i] - b->base[i], own = (float)model_weights(m)[k];
      const bool agrees = sum >= 0 ? d > 0 : d < 0;
      mixed += agrees ? d * own : 0;
      weight += agrees ? own : 0;
    }
    out[i] = taken[i] != 0 ? b->base[i] + mixed / fmaxf(weight, (float)NO_WEIGHT) : b->base[i];
  }
}

const ig_method ig_method_sce = {
    .name = "sce",
    .summary = "differences where models vary most, weighted by their squares, where signs agree",
    .base = IG_BASE_USE_REQUIRED,
    .least_inputs = 1,
    .most_inputs = IG_METHOD_INPUTS,
    .parameters = {{"select_topk", IG_VALUE_NUMBER, false, false, 1, 0, 1},
                   {"int8_mask", IG_VALUE_FLAG, false, false, 0, 0,
                    1 /* mergekit's; it changes no number */}},
    .passes = PASSES,
    .state_size = sce_state_size,
    .sums = sce_sums,
    .counts = sce_counts,
    .wants = sce_wants,
    .gather = sce_gather,
    .end_pass = sce_end_pass,
    .combine = sce_combine};
