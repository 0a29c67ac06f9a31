#include "fuse/align/weight_matching.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "base/random.h"
#include "fuse/align/order_turns.h"
#include "fuse/align/weight_gains.h"

enum { MOST_SWEEPS = 100 };  // over all turns, in one try

typedef struct search {
  const ig_weight_matching *matching;
  ig_weight_gains gains;
  ig_order_turns turns;
  uint32_t *sequence;  // (turns): in which they are taken
  bool *is_stale;      // (turns): something that the turn depends on has changed since
} search;

size_t ig_weight_matching_memory(const ig_symmetries *s, const ig_kernels *kernels) {
  return ig_weight_gains_memory(s, kernels) + ig_order_turns_memory(s) +
         s->turns * (sizeof(uint32_t) + sizeof(bool));
}

// ---- one turn ---------------------------------------------------------------

static const double *find_gains(void *context, const ig_order_gains_wanted *wanted) {
  ig_weight_gains *gains = context;
  ig_weight_gains_find(gains, wanted);
  return gains->gain;
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

static void make_stale(search *f, size_t turn) {
  const ig_symmetries *s = f->matching->symmetries;
  for (size_t other = 0; other < s->turns; other++)
    f->is_stale[other] = f->is_stale[other] || depend(s, turn, other);
}

static void take_turn(search *f, size_t turn) {
  f->is_stale[turn] = false;
  if (ig_order_turns_take(&f->turns, turn)) make_stale(f, turn);
}

// ---- one try ----------------------------------------------------------------

// The streams' orders by the matrices whose other side stays.
static void anchor_streams(search *f) {
  const ig_symmetries *s = f->matching->symmetries;
  for (size_t i = 0; i < s->count; i++)
    if (s->permutations[i].kind == IG_PERMUTATION_STREAM && ig_order_turns_anchor(&f->turns, i))
      make_stale(f, s->permutations[i].turn);
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
  ig_symmetries_identity(s, f->turns.orders);
  for (size_t i = 0; i < s->turns; i++) f->is_stale[i] = true;
  if (attempt == 0) anchor_streams(f);
  bool changes = true;
  for (int i = 0; i < MOST_SWEEPS && changes; i++) IG_TRY(sweep(f, attempt, i, &changes, err));
  return IG_OK;
}

// ---- all tries --------------------------------------------------------------

static ig_status run_tries(search *f, uint32_t *best, ig_weight_matching_result *result,
                           ig_error *err) {
  const ig_weight_matching *m = f->matching;
  ig_symmetries_identity(m->symmetries, best);
  result->similarity_before = ig_weight_gains_similarity(&f->gains, best);
  result->similarity_after = -INFINITY;
  for (int i = 0; i <= m->restarts; i++) {
    IG_TRY(run_try(f, i, err));
    const double similarity = ig_weight_gains_similarity(&f->gains, f->turns.orders);
    if (!(similarity > result->similarity_after)) continue;
    result->similarity_after = similarity;
    result->best_try = i;
    memcpy(best, f->turns.orders, m->symmetries->places * sizeof *best);
  }
  ig_order_turns_count_moved(m->symmetries, best, result->moved);
  return IG_OK;
}

static ig_status allocate(search *f, ig_error *err) {
  const ig_symmetries *s = f->matching->symmetries;
  f->sequence = ig_allocate(s->turns, sizeof *f->sequence, err);
  f->is_stale = ig_allocate(s->turns, sizeof *f->is_stale, err);
  if (!f->sequence || !f->is_stale) return IG_ERROR_MEMORY;
  f->turns.symmetries = s;
  f->turns.gains = (ig_order_gains){find_gains, &f->gains};
  IG_TRY(ig_order_turns_create(&f->turns, err));
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
  ig_order_turns_free(&f.turns);
  free(f.sequence);
  free(f.is_stale);
  return status;
}
