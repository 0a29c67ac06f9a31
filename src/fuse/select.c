#include "fuse/select.h"

// Bits of a key by pass: 11, 10 and 10 from the top.
static const unsigned shifts[IG_SELECT_PASSES] = {20, 10, 0};
static const uint32_t masks[IG_SELECT_PASSES] = {0x7FF, 0x3FF, 0x3FF};

// Inlined into the two below, where the pass and what is counted are known.
static inline void count_keys(const ig_select *select, int pass, size_t count, const float *x, const uint32_t *keys, uint64_t *counts) {
  const unsigned shift = shifts[pass], known = pass ? shifts[pass - 1] : 31;
  const uint32_t mask = masks[pass], prefix = select->key >> known;
  for (size_t i = 0; i < count; i++) {
    const uint32_t key = x ? ig_select_key(x[i]) : keys[i];
    if (key >> known == prefix) counts[key >> shift & mask]++;
  }
}

void ig_select_count(const ig_select *select, int pass, size_t count, const float *x, uint64_t *counts) {
  count_keys(select, pass, count, x, NULL, counts);
}

void ig_select_count_keys(const ig_select *select, int pass, size_t count, const uint32_t *keys, uint64_t *counts) {
  count_keys(select, pass, count, NULL, keys, counts);
}

void ig_select_narrow(ig_select *select, int pass, const uint64_t *counts) {
  uint32_t digit = 0;
  while (digit < masks[pass] && select->rank >= counts[digit]) select->rank -= (size_t)counts[digit++];
  select->key |= digit << shifts[pass];
  select->equal = (size_t)counts[digit];
}
