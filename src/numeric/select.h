// Exact selection by magnitude without sorting: which |d| is at a given rank of all. It is found
// digit by digit from counts (radix select), so it takes three passes for any number of values, and
// the order of counting does not matter. Equal magnitudes are ordered by index, lowest first.
//
// The order of calls: ig_select_begin; then for each pass 0 .. IG_SELECT_PASSES - 1 ig_select_count
// over all values, in any parts, with the counts zeroed before; ig_select_narrow with their sum.
#ifndef IG_NUMERIC_SELECT_H
#define IG_NUMERIC_SELECT_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { IG_SELECT_PASSES = 3, IG_SELECT_BINS = 2048 };

// The magnitude at a rank, as a key: the bits of a float without its sign. A larger magnitude has a
// larger key.
typedef struct ig_select {
  uint32_t low;    // the smallest key that may be found
  unsigned known;  // how many of the 31 bits of key - low are zero for all keys, from the top
  // Before the last pass: the bits of key - low that are known. After it: the key.
  uint32_t key;
  // Before the last pass: the rank among the values whose key - low is not smaller than the known
  // bits. After it: how many values as large as the key are before the rank.
  size_t rank;
  size_t equal;  // after the last pass: how many values are as large as the key
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

// rank: from 0, in ascending order, less than the number of values.
static inline ig_select ig_select_begin(size_t rank) { return (ig_select){.rank = rank}; }
// The same among the values whose keys are low .. high only. The counts are then spread over the
// bins, so that the same bin seldom follows itself.
ig_select ig_select_begin_between(uint32_t low, uint32_t high, size_t rank);
// Counts values x (count) into counts (IG_SELECT_BINS).
void ig_select_count(const ig_select *select, int pass, size_t count, const float *x,
                     uint64_t *counts);
// The same for values given by their keys (count).
void ig_select_count_keys(const ig_select *select, int pass, size_t count, const uint32_t *keys,
                          uint64_t *counts);
// Ends a pass. counts (IG_SELECT_BINS): of all values.
void ig_select_narrow(ig_select *select, int pass, const uint64_t *counts);
#endif
