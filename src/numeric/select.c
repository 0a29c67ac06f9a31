#include "numeric/select.h"

// How many low bits of the key are not known after a pass; pass -1: before the first one. Of 31
// unknown bits the first pass finds 11, and each of the others 10. If fewer are unknown, the first
// pass still finds 11 of them.
static unsigned unknown_after(const ig_select *select, int pass) {
  const unsigned found = select->known + (pass < 0 ? 0 : 11 + 10 * (unsigned)pass);
  return found < 31 ? 31 - found : 0;
}

ig_select ig_select_begin_between(uint32_t low, uint32_t high, size_t rank) {
  ig_select select = {.low = low, .rank = rank};
  while (select.known < 31 && (high - low) >> (30 - select.known) == 0) select.known++;
  return select;
}

// The largest digit that a pass can find.
static uint32_t largest_digit(const ig_select *select, int pass) {
  return (1u << (unknown_after(select, pass - 1) - unknown_after(select, pass))) - 1;
}

// Counts x (count), or keys (count) if x is NULL. The two functions below inline it, so the
// compiler knows which of them is counted.
static inline void count_keys(const ig_select *select, int pass, size_t count, const float *x,
                              const uint32_t *keys, uint64_t *counts) {
  const unsigned known = unknown_after(select, pass - 1), shift = unknown_after(select, pass);
  const uint32_t mask = largest_digit(select, pass), prefix = select->key >> known,
                 low = select->low;
  for (size_t i = 0; i < count; i++) {
    const uint32_t key = (x ? ig_select_key(x[i]) : keys[i]) - low;
    if (key >> known == prefix) counts[key >> shift & mask]++;
  }
}

void ig_select_count(const ig_select *select, int pass, size_t count, const float *x,
                     uint64_t *counts) {
  count_keys(select, pass, count, x, NULL, counts);
}

void ig_select_count_keys(const ig_select *select, int pass, size_t count, const uint32_t *keys,
                          uint64_t *counts) {
  count_keys(select, pass, count, NULL, keys, counts);
}

void ig_select_narrow(ig_select *select, int pass, const uint64_t *counts) {
  uint32_t digit = 0;
  while (digit < largest_digit(select, pass) && select->rank >= counts[digit]) {
    select->rank -= (size_t)counts[digit];
    digit++;
  }
  select->key |= digit << unknown_after(select, pass);
  if (pass == IG_SELECT_PASSES - 1) select->key += select->low;
  select->equal = (size_t)counts[digit];
}
