#include "fuse/align/weight_matching.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "base/random.h"
#include "base/size.h"
#include "fuse/align/weight_gains.h"
#include "numeric/assignment.h"

enum { MOST_SWEEPS = 100 };  // over all turns, in one try

typedef struct search {
  const ig_weight_matching *matching;
  ig_weight_gains gains;
  ig_assignment assignment;
  uint32_t *orders;      // (places): the present ones
  uint32_t *found;       // (places): those that a turn finds
  uint32_t *within;      // (places, most_heads): order in a head for each pair of heads
  double *head_gain;     // (most_heads, most_heads)
  uint32_t *head_order;  // (most_heads)
  uint32_t *sequence;    // (turns): in which they are taken
  bool *is_stale;        // (turns): something that the turn depends on has changed since
  size_t most_heads;
} search;

static size_t most_heads(const ig_symmetries *s) {
  size_t most = 1;
  for (size_t i = 0; i < s->count; i++) most = ig_size_larger(most, s->permutations[i].heads);
  return most;
}

static size_t most_places(const ig_symmetries *s) {
  size_t most = 1;
  for (size_t i = 0; i < s->count; i++) most = ig_size_larger(most, s->permutations[i].count);
  return most;
}

size_t ig_weight_matching_memory(const ig_symmetries *s, const ig_kernels *kernels) {
  return ig_weight_gains_memory(s, kernels) + s->places * sizeof(uint32_t) * (3 + most_heads(s));
}

// ---- one turn ---------------------------------------------------------------

static double present_gain(const search *f, const ig_permutation *p) {
  double sum = 0;
  for (size_t i = 0; i < p->count; i++)
    sum += f->gains.gain[i * p->count + f->orders[p->begin + i]];
  return sum;
}

// For each place of a head and each head that may come there, the best order within it. Adds what
// it gains to head_gain, and returns what the present orders gain.
static double match_within_heads(search *f, const ig_permutation *p) {
  const size_t size = p->count / p->heads;
  uint32_t *within = f->within + p->begin * f->most_heads;
  for (size_t i = 0; i < p->heads; i++)
    for (size_t j = 0; j < p->heads; j++) {
      const ig_assignment_gains block = {
          .gain = f->gains.gain + i * size * p->count + j * size, .n = size, .stride = p->count};
      f->head_gain[i * p->heads + j] +=
          ig_assignment_solve(&f->assignment, &block, within + (i * p->heads + j) * size);
    }
  return present_gain(f, p);
}

// Puts together the order of heads and those within them.
static void compose(search *f, const ig_permutation *p) {
  const size_t size = p->count / p->heads;
  const uint32_t *within = f->within + p->begin * f->most_heads;
  for (size_t i = 0; i < p->heads; i++) {
    const size_t head = f->head_order[i];
    for (size_t k = 0; k < size; k++)
      f->found[p->begin + i * size + k] =
          (uint32_t)(head * size) + within[(i * p->heads + head) * size + k];
  }
}

static void find_gains(search *f, size_t permutation, bool of_fixed) {
  ig_weight_gains_find(&f->gains,
                       &(ig_weight_gains_wanted){
                           .permutation = permutation, .orders = f->orders, .of_fixed = of_fixed});
}

// Finds the best order of heads, and those within them, for all attentions of a turn together: it
// is exact, for what a pair of heads gains does not depend on the others. Returns how much more
// they gain than now.
static double match_heads(search *f, size_t turn, size_t heads, double *gained) {
  const ig_symmetries *s = f->matching->symmetries;
  double present = 0;
  memset(f->head_gain, 0, heads * heads * sizeof *f->head_gain);
  for (size_t i = 0; i < s->count; i++)
    if (s->permutations[i].turn == turn) {
      find_gains(f, i, false);
      present += match_within_heads(f, &s->permutations[i]);
    }
  const ig_assignment_gains all = {.gain = f->head_gain, .n = heads, .stride = heads};
  *gained = ig_assignment_solve(&f->assignment, &all, f->head_order);
  for (size_t i = 0; i < s->count; i++)
    if (s->permutations[i].turn == turn) compose(f, &s->permutations[i]);
  return *gained - present;
}

static double match_places(search *f, size_t permutation, bool of_fixed, double *gained) {
  const ig_permutation *p = &f->matching->symmetries->permutations[permutation];
  find_gains(f, permutation, of_fixed);
  const ig_assignment_gains all = {.gain = f->gains.gain, .n = p->count, .stride = p->count};
  *gained = ig_assignment_solve(&f->assignment, &all, f->found + p->begin);
  return *gained - present_gain(f, p);
}

// Whether a matrix goes by permutations of both turns.
static bool depend(const ig_symmetries *s, size_t turn, size_t other) {
  for (size_t i = 0; i < s->matrix_count; i++) {
    const ig_symmetric_matrix *m = &s->matrices[i];
    if (m->of_rows < 0 || m->of_columns < 0) continue;
    const size_t a = s->permutations[m->of_rows].turn, b = s->permutations[m->of_columns].turn;
    if ((a == turn && b == other) || (a == other && b == turn)) return true;
  }
  return false;
}

// Takes over what a turn found, if it gains more than rounding may have added.
static void settle(search *f, size_t turn, double more, double gained) {
  const ig_symmetries *s = f->matching->symmetries;
  if (!(more > 1e-9 * fabs(gained))) return;
  for (size_t i = 0; i < s->count; i++) {
    const ig_permutation *p = &s->permutations[i];
    if (p->turn == turn)
      memcpy(f->orders + p->begin, f->found + p->begin, p->count * sizeof *f->orders);
  }
  for (size_t other = 0; other < s->turns; other++)
    f->is_stale[other] = f->is_stale[other] || depend(s, turn, other);
}

// The first permutation of the turn.
static size_t first_of(const ig_symmetries *s, size_t turn) {
  size_t i = 0;
  while (s->permutations[i].turn != turn) i++;
  return i;
}

static void take_turn(search *f, size_t turn) {
  const ig_symmetries *s = f->matching->symmetries;
  const size_t first = first_of(s, turn);
  const size_t heads = s->permutations[first].heads;
  double gained;
  f->is_stale[turn] = false;
  const double more =
      heads ? match_heads(f, turn, heads, &gained) : match_places(f, first, false, &gained);
  settle(f, turn, more, gained);
}

// ---- one try ----------------------------------------------------------------

// The streams' orders by the matrices whose other side stays.
static void anchor_streams(search *f) {
  const ig_symmetries *s = f->matching->symmetries;
  double gained;
  for (size_t i = 0; i < s->count; i++)
    if (s->permutations[i].kind == IG_PERMUTATION_STREAM) {
      const double more = match_places(f, i, true, &gained);
      settle(f, s->permutations[i].turn, more, gained);
    }
}

static ig_status sweep(search *f, int attempt, int index, bool *changes, ig_error *err) {
  const ig_weight_matching *m = f->matching;
  char name[64];
  snprintf(name, sizeof name, "align try %d sweep %d", attempt, index);
  ig_random_permutation(m->seed, ig_random_stream(name), m->symmetries->turns, f->sequence);
  *changes = false;
  for (size_t i = 0; i < m->symmetries->turns; i++) {
    if (!f->is_stale[f->sequence[i]]) continue;
    if (ig_interrupt_requested(m->interrupter))
      return ig_fail(err, IG_INTERRUPTED, "interrupted while models are aligned");
    take_turn(f, f->sequence[i]);
    *changes = true;
  }
  return IG_OK;
}

static ig_status run_try(search *f, int attempt, ig_error *err) {
  const ig_symmetries *s = f->matching->symmetries;
  ig_symmetries_identity(s, f->orders);
  for (size_t i = 0; i < s->turns; i++) f->is_stale[i] = true;
  if (attempt == 0) anchor_streams(f);
  bool changes = true;
  for (int i = 0; i < MOST_SWEEPS && changes; i++) IG_TRY(sweep(f, attempt, i, &changes, err));
  return IG_OK;
}

// ---- all tries --------------------------------------------------------------

static void count_moved(const ig_symmetries *s, const uint32_t *orders, size_t *moved) {
  for (size_t i = 0; i < s->count; i++)
    for (size_t k = 0; k < s->permutations[i].count; k++)
      moved[s->permutations[i].kind] += orders[s->permutations[i].begin + k] != k;
}

static ig_status run_tries(search *f, uint32_t *best, ig_weight_matching_result *result,
                           ig_error *err) {
  const ig_weight_matching *m = f->matching;
  ig_symmetries_identity(m->symmetries, best);
  result->similarity_before = ig_weight_gains_similarity(&f->gains, best);
  result->similarity_after = -INFINITY;
  for (int i = 0; i <= m->restarts; i++) {
    IG_TRY(run_try(f, i, err));
    const double similarity = ig_weight_gains_similarity(&f->gains, f->orders);
    if (!(similarity > result->similarity_after)) continue;
    result->similarity_after = similarity;
    result->best_try = i;
    memcpy(best, f->orders, m->symmetries->places * sizeof *best);
  }
  count_moved(m->symmetries, best, result->moved);
  return IG_OK;
}

static ig_status allocate(search *f, ig_error *err) {
  const ig_symmetries *s = f->matching->symmetries;
  f->most_heads = most_heads(s);
  f->orders = ig_allocate(s->places, sizeof *f->orders, err);
  f->found = ig_allocate(s->places, sizeof *f->found, err);
  f->within = ig_allocate(s->places, f->most_heads * sizeof *f->within, err);
  f->head_gain = ig_allocate(f->most_heads, f->most_heads * sizeof *f->head_gain, err);
  f->head_order = ig_allocate(f->most_heads, sizeof *f->head_order, err);
  f->sequence = ig_allocate(s->turns, sizeof *f->sequence, err);
  f->is_stale = ig_allocate(s->turns, sizeof *f->is_stale, err);
  if (!f->orders || !f->found || !f->within || !f->head_gain || !f->head_order || !f->sequence ||
      !f->is_stale)
    return IG_ERROR_MEMORY;
  IG_TRY(ig_assignment_create(most_places(s), &f->assignment, err));
  return ig_weight_gains_create(&f->gains, err);
}

ig_status ig_weight_matching_find(const ig_weight_matching *m, uint32_t *orders,
                                  ig_weight_matching_result *result, ig_error *err) {
  search f = {.matching = m,
              .gains = {.symmetries = m->symmetries,
                        .to = m->to,
                        .from = m->from,
                        .nn = {.kernels = m->kernels, .pool = m->pool}}};
  *result = (ig_weight_matching_result){0};
  ig_status status = allocate(&f, err);
  if (status == IG_OK) status = run_tries(&f, orders, result, err);
  ig_weight_gains_free(&f.gains);
  ig_assignment_free(&f.assignment);
  free(f.orders);
  free(f.found);
  free(f.within);
  free(f.head_gain);
  free(f.head_order);
  free(f.sequence);
  free(f.is_stale);
  return status;
}
