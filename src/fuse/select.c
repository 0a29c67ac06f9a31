#include "fuse/select.h"

// Bits of a key by pass: 11, 10 and 10 from the top.
static const unsigned shifts[IG_SELECT_PASSES] = {20, 10, 0};
static const uint32_t masks[IG_SELECT_PASSES] = {0x7FF, 0x3FF, 0x3FF};

void ig_select_count(const ig_select *select, int pass, size_t count, const float *x, uint64_t *counts) {
  const unsigned shift = shifts[pass];
  const uint32_t mask = masks[pass];
  if (pass == 0) {
    for (size_t i = 0; i < count; i++) counts[ig_select_key(x[i]) >> shift]++;
    return;
  }
  const unsigned known = shifts[pass - 1];
  const uint32_t prefix = select->key >> known;
  for (size_t i = 0; i < count; i++) {
    const uint32_t key = ig_select_key(x[i]);
    if (key >> known == prefix) counts[key >> shift & mask]++;
  }
}

void ig_select_narrow(ig_select *select, int pass, const uint64_t *counts) {
  uint32_t digit = 0;
  while (digit < masks[pass] && select->rank >= counts[digit]) select->rank -= (size_t)counts[digit++];
  select->key |= digit << shifts[pass];
  select->equal = (size_t)counts[digit];
}
