// The exact magnitude at a rank of a tensor's values, found while they stream by, without sorting;
// and, where only some of the values as large as it are wanted, how many of them stand in the
// blocks before each.
//
// A sample brackets the threshold; one pass then counts what lies below the bracket and keeps what
// lies in it, among which the threshold is selected. Where the sample misled, or more values lie in
// the bracket than may be kept, three passes select digit by digit instead. Nothing but time
// depends on the sample.
#ifndef IG_NUMERIC_THRESHOLD_H
#define IG_NUMERIC_THRESHOLD_H
#include <stdatomic.h>
#include <stdbool.h>
#include "numeric/select.h"

enum {
  IG_THRESHOLD_COLLECT,
  IG_THRESHOLD_RADIX,
  IG_THRESHOLD_EQUALS = IG_THRESHOLD_RADIX + IG_SELECT_PASSES,
  IG_THRESHOLD_PASSES,
  IG_THRESHOLD_BINS = IG_SELECT_BINS  // that a pass counts into
};

typedef struct ig_threshold_block {
  size_t below;         // the bracket
  size_t first, count;  // of its keys in the room
  size_t equals;        // to the threshold; in the end: in all blocks before it
} ig_threshold_block;

typedef struct ig_threshold {
  ig_select select;  // in the end: the threshold's key, how many equals stand before the rank, how
                     // many there are
  size_t rank, values, blocks;
  bool found;   // by the bracket
  bool splits;  // equal values are told apart, so those in each block are counted: may be set
                // before the last pass
  uint32_t low, high;         // bracket: keys
  atomic_size_t used;         // of the room; beyond its capacity: too many
  size_t capacity;            // of the room
  uint32_t *workspace;        // (capacity): keys in the bracket
  ig_threshold_block *block;  // (blocks)
} ig_threshold;

// A room that serves most tensors: all values of a small one.
size_t ig_threshold_workspace(size_t values);
// How many values a sample should have.
size_t ig_threshold_probe_size(size_t values);
// t: rank, values, blocks, capacity, room and block are set, the rest is 0.
void ig_threshold_begin(ig_threshold *t);
void ig_threshold_look(ig_threshold *t, size_t count, const float *sample);
bool ig_threshold_wants(const ig_threshold *t, int pass);
// Blocks may come in any order, from several threads at once. scratch (count); counts
// (IG_THRESHOLD_BINS): of this thread.
void ig_threshold_gather(ig_threshold *t, int pass, size_t block, size_t count, const float *x,
                         uint32_t *scratch, uint64_t *counts);
void ig_threshold_end_pass(ig_threshold *t, int pass, const uint64_t *counts);
#endif
