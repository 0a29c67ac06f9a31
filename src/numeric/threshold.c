#include "numeric/threshold.h"

#include <math.h>

#include "base/vectors.h"

enum { SMALL = 1 << 15, LEAST_PROBE = 1 << 14 };

size_t ig_threshold_capacity(size_t values) {
  return values <= SMALL ? values : values / 8 + SMALL;
}

size_t ig_threshold_probe_size(size_t values) {
  return values / 256 > LEAST_PROBE ? values / 256 : LEAST_PROBE;
}

void ig_threshold_begin(ig_threshold *t) {
  t->low = 0;
  t->high = 0x7FFFFFFFu;
  t->select = ig_select_begin(t->rank);
}

// ---- the bracket ------------------------------------------------------------

// The key at a rank of x (count).
static uint32_t key_at_rank(size_t rank, size_t count, const float *x) {
  ig_select s = ig_select_begin(rank);
  for (int pass = 0; pass < IG_SELECT_PASSES; pass++) {
    uint64_t counts[IG_SELECT_BINS] = {0};
    ig_select_count(&s, pass, count, x, counts);
    ig_select_narrow(&s, pass, counts);
  }
  return s.key;
}

// The rank in the probe of the value that has the given rank among all values is distributed as a
// binomial variable: a bracket of five standard deviations to either side misses it once in a
// million.
void ig_threshold_probe(ig_threshold *t, size_t count, const float *x) {
  const double part = ((double)t->rank + 0.5) / (double)t->values, middle = part * (double)count,
               around = 5 * sqrt(middle * (1 - part)) + 2;
  t->low = middle > around ? key_at_rank((size_t)(middle - around), count, x) : 0;
  t->high = middle + around < (double)count ? key_at_rank((size_t)(middle + around), count, x)
                                            : 0x7FFFFFFFu;
}

// ---- passes -----------------------------------------------------------------

bool ig_threshold_wants(const ig_threshold *t, int pass) {
  if (pass == IG_THRESHOLD_COLLECT) return true;
  if (pass == IG_THRESHOLD_EQUALS) return t->splits && !t->found;
  return !t->found;
}

// Counts what is below the bracket and keeps the keys in it: in scratch first, then in the part of
// the workspace that it reserves. The order of these parts depends on threads, the result does not.
IG_VECTORS static void collect_bracket(ig_threshold *t, size_t block, size_t count, const float *x,
                                       uint32_t *scratch) {
  const uint32_t low = t->low, width = t->high - t->low;
  size_t below = 0, kept = 0;
  for (size_t i = 0; i < count; i++) {
    const uint32_t key = ig_select_key(x[i]);
    scratch[kept] = key;
    kept += key - low <= width;
    below += key < low;
  }
  const size_t first = atomic_fetch_add(&t->used, kept);
  t->block[block] = (ig_threshold_block){.below = below, .first = first, .count = kept};
  if (first + kept <= t->capacity) memcpy(t->workspace + first, scratch, kept * sizeof *scratch);
}

void ig_threshold_gather(ig_threshold *t, int pass, const ig_threshold_values *v,
                         uint64_t *counts) {
  if (pass == IG_THRESHOLD_COLLECT) {
    collect_bracket(t, v->block, v->count, v->x, v->scratch);
  } else if (pass == IG_THRESHOLD_EQUALS) {
    size_t equals = 0;
    for (size_t i = 0; i < v->count; i++) equals += ig_select_key(v->x[i]) == t->select.key;
    t->block[v->block].equals = equals;
  } else {
    ig_select_count(&t->select, pass - IG_THRESHOLD_RADIX, v->count, v->x, counts);
  }
}

// Replaces the count of each block by the sum over all blocks before it.
static void accumulate_equals(ig_threshold *t) {
  size_t before = 0;
  for (size_t i = 0; i < t->blocks; i++) {
    const size_t here = t->block[i].equals;
    t->block[i].equals = before;
    before += here;
  }
}

// Selects among the keys in the bracket, if all of them were kept and the rank is among them.
static void select_in_bracket(ig_threshold *t) {
  const size_t kept = atomic_load(&t->used);
  size_t below = 0;
  for (size_t i = 0; i < t->blocks; i++) below += t->block[i].below;
  t->found = kept <= t->capacity && t->rank >= below && t->rank - below < kept;
  if (!t->found) return;
  t->select = ig_select_begin_between(t->low, t->high, t->rank - below);
  for (int pass = 0; pass < IG_SELECT_PASSES; pass++) {
    uint64_t counts[IG_SELECT_BINS] = {0};
    ig_select_count_keys(&t->select, pass, kept, t->workspace, counts);
    ig_select_narrow(&t->select, pass, counts);
  }
  for (size_t i = 0; i < t->blocks; i++) {
    ig_threshold_block *b = &t->block[i];
    for (size_t k = 0; k < b->count; k++) b->equals += t->workspace[b->first + k] == t->select.key;
  }
  accumulate_equals(t);
}

void ig_threshold_end_pass(ig_threshold *t, int pass, const uint64_t *counts) {
  if (pass == IG_THRESHOLD_COLLECT)
    select_in_bracket(t);
  else if (pass == IG_THRESHOLD_EQUALS)
    accumulate_equals(t);
  else
    ig_select_narrow(&t->select, pass - IG_THRESHOLD_RADIX, counts);
}
