#include "fuse/align/activation_matching.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "base/size.h"
#include "fuse/align/order_turns.h"
#include "fuse/align/weight_gains.h"

// Of the weights: the largest product of two units' weights counts as much as so much correlation.
static const double weight_share = 1e-3;

typedef struct unit_search {
  const ig_activation_matching *matching;
  ig_weight_gains weights;
  ig_order_turns turns;
} unit_search;

size_t ig_activation_matching_memory(const ig_symmetries *s, const ig_kernels *kernels) {
  return ig_weight_gains_memory(s, kernels) + ig_order_turns_memory(s);
}

// ---- gains ------------------------------------------------------------------

static double sinusoid_difference(const ig_activation_matching *m, size_t columns, size_t i,
                                  size_t j) {
  double sum = 0;
  for (size_t p = 0; p < m->sinusoid_count; p++) {
    const double d = (double)m->sinusoids[p * columns + i] - (double)m->sinusoids[p * columns + j];
    sum += d * d;
  }
  return sum / (double)m->sinusoid_count;
}

static void take_penalties(const ig_activation_matching *m, const ig_permutation *p, double *gain) {
  if (p->kind != IG_PERMUTATION_STREAM || !m->sinusoids) return;
  for (size_t i = 0; i < p->count; i++)
    for (size_t j = 0; j < p->count; j++)
      gain[i * p->count + j] -= m->position_penalty * sinusoid_difference(m, p->count, i, j);
}

static const double *find_gains(void *context, const ig_order_gains_wanted *wanted) {
  unit_search *f = context;
  double *gain = f->weights.gain, most = 0;
  const ig_permutation *p = &f->matching->symmetries->permutations[wanted->permutation];
  const size_t n = p->count;
  ig_weight_gains_find(&f->weights, wanted);
  for (size_t i = 0; i < n * n; i++) most = fmax(most, fabs(gain[i]));
  for (size_t i = 0; i < n * n && most > 0; i++) gain[i] *= weight_share / most;
  ig_activation_taps_correlate(f->matching->taps, wanted->permutation, gain);
  take_penalties(f->matching, p, gain);
  return gain;
}

// ---- all turns --------------------------------------------------------------

// The streams come first: the weights' share in the other gains depends on their orders.
static ig_status run_turns(unit_search *f, ig_error *err) {
  const ig_symmetries *s = f->matching->symmetries;
  for (size_t i = 0; i < s->count; i++)
    if (s->permutations[i].kind == IG_PERMUTATION_STREAM) ig_order_turns_anchor(&f->turns, i);
  for (size_t i = 0; i < s->turns; i++) {
    if (ig_interrupt_requested(f->matching->interrupter))
      return ig_fail(err, IG_INTERRUPTED, "interrupted while models are aligned");
    if (!ig_order_turns_is_of_stream(s, i)) ig_order_turns_take(&f->turns, i);
  }
  return IG_OK;
}

static unit_search begin(const ig_activation_matching *m) {
  return (unit_search){.matching = m,
                       .weights = {.symmetries = m->symmetries,
                                   .to = m->to,
                                   .from = m->from,
                                   .nn = {.kernels = m->kernels, .pool = m->pool}},
                       .turns = {.symmetries = m->symmetries}};
}

ig_status ig_activation_matching_find(const ig_activation_matching *m, uint32_t *orders,
                                      ig_transport_maps *maps, ig_error *err) {
  unit_search f = begin(m);
  f.turns.gains = (ig_order_gains){find_gains, &f};
  ig_status status = ig_order_turns_create(&f.turns, err);
  if (status == IG_OK) status = ig_weight_gains_create(&f.weights, err);
  if (status == IG_OK) status = run_turns(&f, err);
  if (status == IG_OK && maps)
    status =
        ig_transport_maps_find(maps, &f.turns.gains, f.turns.orders, m->pool, m->interrupter, err);
  if (status == IG_OK) memcpy(orders, f.turns.orders, m->symmetries->places * sizeof *orders);
  ig_order_turns_free(&f.turns);
  ig_weight_gains_free(&f.weights);
  return status;
}

// ---- how well they fit ------------------------------------------------------

ig_status ig_activation_matching_correlation(const ig_activation_matching *m,
                                             const uint32_t *orders, double *out, ig_error *err) {
  const ig_symmetries *s = m->symmetries;
  double sum = 0;
  size_t units = 0, most = 1;
  for (size_t i = 0; i < s->count; i++) most = ig_size_larger(most, s->permutations[i].count);
  double *gain = ig_allocate(most, most * sizeof *gain, err);
  if (!gain) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < s->count; i++) {
    const ig_permutation *p = &s->permutations[i];
    if (p->kind == IG_PERMUTATION_HEADS) continue;
    memset(gain, 0, p->count * p->count * sizeof *gain);
    ig_activation_taps_correlate(m->taps, i, gain);
    for (size_t k = 0; k < p->count; k++) sum += gain[k * p->count + orders[p->begin + k]];
    units += p->count;
  }
  free(gain);
  *out = units ? sum / (double)units : 0;
  return IG_OK;
}
