// The exact magnitude at a rank of a tensor's values, found block by block and without sorting;
// and, where only some of the values as large as it are wanted, how many of them are in the blocks
// before each block.
//
// An example: of the values 5 -3 | 3 1, in two blocks, the 2 largest are wanted. In ascending order
// of magnitude they are 1 3 3 5, and the smallest that is wanted has rank 2. The threshold is then
//   select.key = the key of 3, select.rank = 1 (of the two 3s one is before the rank),
//   select.equal = 2, block[0].equals = 0, block[1].equals = 1.
// So 5 is wanted, and select.equal - select.rank = 1 of the 3s: by the order of blocks the first
// one, which is the -3. Block 1 knows from its `equals` that its 3 is the second one.
//
// A probe, some values of the tensor, gives a bracket in which the threshold should be. One pass
// then counts the values below the bracket and keeps those in it, among which the threshold is
// selected. If the probe misled, or if more values are in the bracket than may be kept, three more
// passes select digit by digit instead. The probe changes nothing but the time.
//
// The order of calls: ig_threshold_begin; ig_threshold_probe, if there is a probe; then for each
// pass 0 .. IG_THRESHOLD_PASSES - 1 that ig_threshold_wants: ig_threshold_gather once for each
// block, ig_threshold_end_pass with the sum of the counts of all threads.
#ifndef IG_NUMERIC_THRESHOLD_H
#define IG_NUMERIC_THRESHOLD_H
#include <stdatomic.h>
#include <stdbool.h>
#include "numeric/select.h"

// The passes, and counts of a pass.
enum {
  IG_THRESHOLD_COLLECT,  // the keys in the bracket
  IG_THRESHOLD_RADIX,    // the first of the passes that select digit by digit
  // If these were needed: the values of each block that are as large as the threshold.
  IG_THRESHOLD_EQUALS = IG_THRESHOLD_RADIX + IG_SELECT_PASSES,
  IG_THRESHOLD_PASSES,
  IG_THRESHOLD_BINS = IG_SELECT_BINS
};

typedef struct ig_threshold_block {
  size_t below;         // how many values are below the bracket
  size_t first, count;  // where its keys are in the workspace
  // How many values are as large as the threshold; after the last pass: in all blocks before it.
  size_t equals;
} ig_threshold_block;

typedef struct ig_threshold {
  // After the last pass: the threshold's key, how many values as large as it are before the rank,
  // and how many there are in all.
  ig_select select;
  size_t rank, values, blocks;
  bool found;  // in the bracket
  // Only some of the values as large as the threshold are wanted, so those in each block must be
  // counted. May be set at any time before the last pass.
  bool splits;
  uint32_t low, high;   // the bracket, as keys
  atomic_size_t used;   // keys of the workspace; more than capacity: too many are in the bracket
  size_t capacity;      // keys that the workspace holds
  uint32_t *workspace;  // (capacity): keys in the bracket
  ig_threshold_block *block;  // (blocks)
} ig_threshold;

// A block of values.
typedef struct ig_threshold_values {
  size_t block;  // its number
  size_t count;
  const float *x;     // (count)
  uint32_t *scratch;  // (count)
} ig_threshold_values;

// A capacity that is enough for most tensors: of a small one it holds all values.
size_t ig_threshold_capacity(size_t values);
// How many values a probe should have.
size_t ig_threshold_probe_size(size_t values);
// The caller has set rank, values, blocks, capacity, workspace and block; the rest is 0.
void ig_threshold_begin(ig_threshold *t);
// x (count): values drawn evenly from all of them.
void ig_threshold_probe(ig_threshold *t, size_t count, const float *x);
bool ig_threshold_wants(const ig_threshold *t, int pass);
// The blocks may come in any order, from several threads at once. counts (IG_THRESHOLD_BINS): of
// this thread, zeroed before the pass.
void ig_threshold_gather(ig_threshold *t, int pass, const ig_threshold_values *values,
                         uint64_t *counts);
// counts (IG_THRESHOLD_BINS): of all threads.
void ig_threshold_end_pass(ig_threshold *t, int pass, const uint64_t *counts);
#endif
