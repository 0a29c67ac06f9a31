#include "fuse/align/order_turns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/size.h"

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

size_t ig_order_turns_memory(const ig_symmetries *s) {
  return s->places * sizeof(uint32_t) * (2 + most_heads(s));
}

ig_status ig_order_turns_create(ig_order_turns *t, ig_error *err) {
  const ig_symmetries *s = t->symmetries;
  t->most_heads = most_heads(s);
  t->orders = ig_allocate(s->places, sizeof *t->orders, err);
  t->found = ig_allocate(s->places, sizeof *t->found, err);
  t->within = ig_allocate(s->places, t->most_heads * sizeof *t->within, err);
  t->head_gain = ig_allocate(t->most_heads, t->most_heads * sizeof *t->head_gain, err);
  t->head_order = ig_allocate(t->most_heads, sizeof *t->head_order, err);
  if (!t->orders || !t->found || !t->within || !t->head_gain || !t->head_order)
    return IG_ERROR_MEMORY;
  ig_symmetries_identity(s, t->orders);
  return ig_assignment_create(most_places(s), &t->assignment, err);
}

void ig_order_turns_free(ig_order_turns *t) {
  ig_assignment_free(&t->assignment);
  free(t->orders);
  free(t->found);
  free(t->within);
  free(t->head_gain);
  free(t->head_order);
}

// ---- gains ------------------------------------------------------------------

static const double *find_gains(const ig_order_turns *t, size_t permutation, bool of_fixed) {
  return t->gains.find(t->gains.context,
                       &(ig_order_gains_wanted){
                           .permutation = permutation, .orders = t->orders, .of_fixed = of_fixed});
}

static double present_gain(const ig_order_turns *t, const ig_permutation *p, const double *gain) {
  double sum = 0;
  for (size_t i = 0; i < p->count; i++) sum += gain[i * p->count + t->orders[p->begin + i]];
  return sum;
}

// ---- heads ------------------------------------------------------------------

// For each place of a head and each head that may come there, the best order within it. Adds what
// it gains to head_gain, and returns what the present orders gain.
static double match_within_heads(ig_order_turns *t, const ig_permutation *p, const double *gain) {
  const size_t size = p->count / p->heads;
  uint32_t *within = t->within + p->begin * t->most_heads;
  for (size_t i = 0; i < p->heads; i++)
    for (size_t j = 0; j < p->heads; j++) {
      const ig_assignment_gains block = {
          .gain = gain + i * size * p->count + j * size, .n = size, .stride = p->count};
      t->head_gain[i * p->heads + j] +=
          ig_assignment_solve(&t->assignment, &block, within + (i * p->heads + j) * size);
    }
  return present_gain(t, p, gain);
}

// Puts together the order of heads and those within them.
static void compose(ig_order_turns *t, const ig_permutation *p) {
  const size_t size = p->count / p->heads;
  const uint32_t *within = t->within + p->begin * t->most_heads;
  for (size_t i = 0; i < p->heads; i++) {
    const size_t head = t->head_order[i];
    for (size_t k = 0; k < size; k++)
      t->found[p->begin + i * size + k] =
          (uint32_t)(head * size) + within[(i * p->heads + head) * size + k];
  }
}

// Finds the best order of heads, and those within them, for all attentions of a turn together: it
// is exact, for what a pair of heads gains does not depend on the others. Returns how much more
// they gain than now.
static double match_heads(ig_order_turns *t, size_t turn, size_t heads, double *gained) {
  const ig_symmetries *s = t->symmetries;
  double present = 0;
  memset(t->head_gain, 0, heads * heads * sizeof *t->head_gain);
  for (size_t i = 0; i < s->count; i++)
    if (s->permutations[i].turn == turn)
      present += match_within_heads(t, &s->permutations[i], find_gains(t, i, false));
  const ig_assignment_gains all = {.gain = t->head_gain, .n = heads, .stride = heads};
  *gained = ig_assignment_solve(&t->assignment, &all, t->head_order);
  for (size_t i = 0; i < s->count; i++)
    if (s->permutations[i].turn == turn) compose(t, &s->permutations[i]);
  return *gained - present;
}

// ---- a turn -----------------------------------------------------------------

static double match_places(ig_order_turns *t, size_t permutation, bool of_fixed, double *gained) {
  const ig_permutation *p = &t->symmetries->permutations[permutation];
  const double *gain = find_gains(t, permutation, of_fixed);
  const ig_assignment_gains all = {.gain = gain, .n = p->count, .stride = p->count};
  *gained = ig_assignment_solve(&t->assignment, &all, t->found + p->begin);
  return *gained - present_gain(t, p, gain);
}

// Takes over what a turn found, if it gains more than rounding may have added.
static bool settle(ig_order_turns *t, size_t turn, double more, double gained) {
  const ig_symmetries *s = t->symmetries;
  if (!(more > 1e-9 * fabs(gained))) return false;
  for (size_t i = 0; i < s->count; i++) {
    const ig_permutation *p = &s->permutations[i];
    if (p->turn == turn)
      memcpy(t->orders + p->begin, t->found + p->begin, p->count * sizeof *t->orders);
  }
  return true;
}

// The first permutation of the turn.
static size_t first_of(const ig_symmetries *s, size_t turn) {
  size_t i = 0;
  while (s->permutations[i].turn != turn) i++;
  return i;
}

bool ig_order_turns_take(ig_order_turns *t, size_t turn) {
  const size_t first = first_of(t->symmetries, turn);
  const size_t heads = t->symmetries->permutations[first].heads;
  double gained;
  const double more =
      heads ? match_heads(t, turn, heads, &gained) : match_places(t, first, false, &gained);
  return settle(t, turn, more, gained);
}

bool ig_order_turns_anchor(ig_order_turns *t, size_t permutation) {
  double gained;
  const double more = match_places(t, permutation, true, &gained);
  return settle(t, t->symmetries->permutations[permutation].turn, more, gained);
}

bool ig_order_turns_is_of_stream(const ig_symmetries *s, size_t turn) {
  return s->permutations[first_of(s, turn)].kind == IG_PERMUTATION_STREAM;
}

void ig_order_turns_count_moved(const ig_symmetries *s, const uint32_t *orders, size_t *moved) {
  for (size_t i = 0; i < s->count; i++)
    for (size_t k = 0; k < s->permutations[i].count; k++)
      moved[s->permutations[i].kind] += orders[s->permutations[i].begin + k] != k;
}
