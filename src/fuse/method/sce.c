// SCE: select, calculate, erase (Wan et al. 2024, "FuseChat"). Differences d_i from the base, at
// the places where they vary most between the models (select_topk: that part of the places where
// they vary at all; equal variances: lowest index first); each model weighs by the mean of its
// squares there; those whose sign is not that of sum_i d_i (0: +) are left out:  base + sum_i w_i
// d_i / sum_i w_i over the others.
#include <math.h>
#include "fuse/method/methods.h"
#include "numeric/select.h"

enum { SELECT_TOPK, INT8_MASK };
enum { EQUALS_PASS = IG_SELECT_PASSES, SQUARES_PASS, PASSES };
static const double NO_WEIGHT = 1e-6;

// Of equal variances at the bound the first `kept_equals` are taken. Behind it: a weight for each
// model, and of each block how many variances equal to the bound stand in it, later in all blocks
// before it.
typedef struct state {
  ig_select bound;
  size_t kept, kept_equals;
} state;

static double *weights(const ig_merge_tensor *m) {
  return (double *)(void *)((state *)m->state + 1);
}
static size_t *equals(const ig_merge_tensor *m) {
  return (size_t *)(void *)(weights(m) + m->inputs);
}
static size_t state_size(const ig_merge_tensor *m) {
  return sizeof(state) + m->inputs * sizeof(double) + m->blocks * sizeof(size_t);
}

static bool selects(const ig_merge_tensor *m) { return m->shared[SELECT_TOPK] < 1; }

// Bins, and how many variances are not zero.
static size_t counts(const ig_merge_tensor *m, int pass) {
  return selects(m) && pass < IG_SELECT_PASSES ? IG_SELECT_BINS + 1 : 0;
}
static size_t sums(const ig_merge_tensor *m, int pass) {
  return pass == SQUARES_PASS ? m->inputs : 0;
}

static bool wants(const ig_merge_tensor *m, int pass) {
  const state *s = m->state;
  if (pass == SQUARES_PASS) return !selects(m) || s->kept > 0;
  if (!selects(m) || (pass > 0 && s->kept == 0)) return false;
  return pass != EQUALS_PASS || s->kept_equals < s->bound.equal;
}

static void measure(const ig_merge_tensor *m, const ig_merge_block *b, float *variance) {
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

// taken (count): 1 or 0.
static void choose(const ig_merge_tensor *m, const ig_merge_block *b, float *taken) {
  const state *s = m->state;
  for (size_t i = 0; i < b->count && !selects(m); i++) taken[i] = 1;
  for (size_t i = 0; i < b->count && selects(m) && s->kept == 0; i++) taken[i] = 0;
  if (!selects(m) || s->kept == 0) return;
  measure(m, b, taken);
  size_t equal = equals(m)[b->index];
  for (size_t i = 0; i < b->count; i++) {
    const uint32_t key = ig_select_key(taken[i]);
    const bool is_equal = key == s->bound.key;
    taken[i] = key > s->bound.key || (is_equal && equal < s->kept_equals) ? 1 : 0;
    equal += is_equal;
  }
}

static void gather_squares(const ig_merge_tensor *m, const ig_merge_block *b, double *squares) {
  choose(m, b, b->scratch);
  for (size_t k = 0; k < m->inputs; k++) {
    double sum = 0;
    for (size_t i = 0; i < b->count; i++) {
      const double d = (double)((b->x[k][i] - b->base[i]) * b->scratch[i]);
      sum += d * d;
    }
    squares[k] = sum;
  }
}

static void gather(const ig_merge_tensor *m, int pass, const ig_merge_block *b, ig_gathered *to) {
  const state *s = m->state;
  if (pass == SQUARES_PASS) {
    gather_squares(m, b, to->sums);
    return;
  }
  measure(m, b, b->scratch);
  if (pass < IG_SELECT_PASSES) ig_select_count(&s->bound, pass, b->count, b->scratch, to->counts);
  for (size_t i = 0; i < b->count && pass == 0; i++)
    to->counts[IG_SELECT_BINS] += b->scratch[i] != 0;
  size_t equal = 0;
  for (size_t i = 0; i < b->count && pass == EQUALS_PASS; i++)
    equal += ig_select_key(b->scratch[i]) == s->bound.key;
  if (pass == EQUALS_PASS) equals(m)[b->index] = equal;
}

static void end_selection(ig_merge_tensor *m, int pass, const ig_gathered *all) {
  state *s = m->state;
  if (pass == 0) {
    s->kept = (size_t)((double)all->counts[IG_SELECT_BINS] * m->shared[SELECT_TOPK]);
    if (s->kept == 0) return;
    s->bound = ig_select_begin(m->rows * m->columns - s->kept);
  }
  ig_select_narrow(&s->bound, pass, all->counts);
  // Of the equal ones bound.rank are below the rank, the others are taken.
  s->kept_equals = s->bound.equal - s->bound.rank;
}

static void end_equals(ig_merge_tensor *m) {
  size_t before = 0;
  for (size_t i = 0; i < m->blocks; i++) {
    const size_t here = equals(m)[i];
    equals(m)[i] = before;
    before += here;
  }
}

static void end_squares(ig_merge_tensor *m, const double *squares) {
  const double n = (double)(m->rows * m->columns);
  double sum = 0;
  for (size_t k = 0; k < m->inputs; k++) sum += squares[k] / n;
  for (size_t k = 0; k < m->inputs; k++)
    weights(m)[k] = sum < NO_WEIGHT ? 1 / (double)m->inputs : squares[k] / n / sum;
}

static void end_pass(ig_merge_tensor *m, int pass, const ig_gathered *all) {
  if (pass < IG_SELECT_PASSES) end_selection(m, pass, all);
  if (pass == EQUALS_PASS) end_equals(m);
  if (pass == SQUARES_PASS) end_squares(m, all->sums);
}

static void combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  float *taken = b->scratch;
  choose(m, b, taken);
  for (size_t i = 0; i < b->count; i++) {
    float sum = 0, mixed = 0, weight = 0;
    for (size_t k = 0; k < m->inputs; k++) sum += b->x[k][i] - b->base[i];
    for (size_t k = 0; k < m->inputs; k++) {
      const float d = b->x[k][i] - b->base[i], own = (float)weights(m)[k];
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
                    1 /* mergekit's, without effect on numbers */}},
    .passes = PASSES,
    .state_size = state_size,
    .sums = sums,
    .counts = counts,
    .wants = wants,
    .gather = gather,
    .end_pass = end_pass,
    .combine = combine};
