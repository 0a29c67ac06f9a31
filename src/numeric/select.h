// Exact selection by magnitude without sorting: which |d| stands at a given rank, found digit by
// digit from counts (radix select), so that it costs three passes whatever the size and does not
// depend on the order of counting. Equal magnitudes are ordered by index, lowest first.
#ifndef IG_NUMERIC_SELECT_H
#define IG_NUMERIC_SELECT_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { IG_SELECT_PASSES = 3, IG_SELECT_BINS = 2048 };

// The magnitude at a rank, as the bits of a float without sign: larger magnitudes have larger bits.
typedef struct ig_select {
  uint32_t low;    // the smallest that may be found
  unsigned known;  // bits of the difference that are zero for all of them, of 31 from the top
  uint32_t key;    // before the end: what is known of the difference
  size_t rank;     // among those not smaller than the key so far found; in the end: how many equal
                   // ones stand before
  size_t equal;    // in the end: how many are equal
} ig_select;

static inline uint32_t ig_select_key(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits & 0x7FFFFFFFu;
}

static inline float ig_select_value(uint32_t key) {
  float x;
  memcpy(&x, &key, sizeof x);
  return x;
}

// rank: from 0, ascending, below the number of values.
static inline ig_select ig_select_begin(size_t rank) { return (ig_select){.rank = rank}; }
// Among keys low .. high only; counts are spread over the bins, so that equal bins seldom follow
// one another.
ig_select ig_select_begin_between(uint32_t low, uint32_t high, size_t rank);
// Counts values (count) into counts (IG_SELECT_BINS).
void ig_select_count(const ig_select *select, int pass, size_t count, const float *x,
                     uint64_t *counts);
void ig_select_count_keys(const ig_select *select, int pass, size_t count, const uint32_t *keys,
                          uint64_t *counts);  // the same, of keys
void ig_select_narrow(ig_select *select, int pass, const uint64_t *counts);
#endif
