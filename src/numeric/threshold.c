#include "numeric/threshold.h"

#include <math.h>

#include "base/vectors.h"

enum { SMALL = 1 << 15, LEAST_SAMPLE = 1 << 14 };

size_t ig_threshold_workspace(size_t values) {
  return values <= SMALL ? values : values / 8 + SMALL;
}

size_t ig_threshold_probe_size(size_t values) {
  return values / 256 > LEAST_SAMPLE ? values / 256 : LEAST_SAMPLE;
}

void ig_threshold_begin(ig_threshold *t) {
  t->low = 0;
  t->high = 0x7FFFFFFFu;
  t->select = ig_select_begin(t->rank);
}

// ---- the bracket ------------------------------------------------------------

static uint32_t key_at(size_t rank, size_t count, const float *x) {
  ig_select s = ig_select_begin(rank);
  for (int pass = 0; pass < IG_SELECT_PASSES; pass++) {
    uint64_t counts[IG_SELECT_BINS] = {0};
    ig_select_count(&s, pass, count, x, counts);
    ig_select_narrow(&s, pass, counts);
  }
  return s.key;
}

// A rank of all values falls into the sample's ranks as a binomial variable: five standard
// deviations to either side miss once in a million.
void ig_threshold_look(ig_threshold *t, size_t count, const float *sample) {
  const double part = ((double)t->rank + 0.5) / (double)t->values, middle = part * (double)count,
               around = 5 * sqrt(middle * (1 - part)) + 2;
  t->low = middle > around ? key_at((size_t)(middle - around), count, sample) : 0;
  t->high = middle + around < (double)count ? key_at((size_t)(middle + around), count, sample)
                                            : 0x7FFFFFFFu;
}

// ---- passes -----------------------------------------------------------------

bool ig_threshold_wants(const ig_threshold *t, int pass) {
  if (pass == IG_THRESHOLD_COLLECT) return true;
  if (pass == IG_THRESHOLD_EQUALS) return t->splits && !t->found;
  return !t->found;
}

IG_VECTORS static void collect(ig_threshold *t, size_t block, size_t count, const float *x,
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

void ig_threshold_gather(ig_threshold *t, int pass, size_t block, size_t count, const float *x,
                         uint32_t *scratch, uint64_t *counts) {
  if (pass == IG_THRESHOLD_COLLECT) {
    collect(t, block, count, x, scratch);
  } else if (pass == IG_THRESHOLD_EQUALS) {
    size_t equals = 0;
    for (size_t i = 0; i < count; i++) equals += ig_select_key(x[i]) == t->select.key;
    t->block[block].equals = equals;
  } else {
    ig_select_count(&t->select, pass - IG_THRESHOLD_RADIX, count, x, counts);
  }
}

// From the counts of each block to those of all blocks before it.
static void accumulate(ig_threshold *t) {
  size_t before = 0;
  for (size_t i = 0; i < t->blocks; i++) {
    const size_t here = t->block[i].equals;
    t->block[i].equals = before;
    before += here;
  }
}

// Selects among the keys in the bracket, if the rank is there.
static void select_kept(ig_threshold *t) {
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
  accumulate(t);
}

void ig_threshold_end_pass(ig_threshold *t, int pass, const uint64_t *counts) {
  if (pass == IG_THRESHOLD_COLLECT)
    select_kept(t);
  else if (pass == IG_THRESHOLD_EQUALS)
    accumulate(t);
  else
    ig_select_narrow(&t->select, pass - IG_THRESHOLD_RADIX, counts);
}
