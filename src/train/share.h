// Which micro-batches of an update a rank computes. The gradients of all of them are the leaves of
// one binary tree (gradient_tree.h), whose shape their number alone decides; a rank gets a whole
// branch of it, so that the sums have the same bits for any number of ranks. The branches have a
// power of two of leaves, the last one fewer where they do not come out even: of 6, two ranks have
// 4 and 2, three have 2 each.
#ifndef IG_TRAIN_SHARE_H
#define IG_TRAIN_SHARE_H
#include "ingot/core.h"

typedef struct ig_share {
  int each;        // leaves of a branch
  int first, end;  // the micro-batches of this rank, first to end - 1
} ig_share;

// IG_ERROR_ARGUMENT where a rank would have nothing to do.
ig_status ig_share_make(int micro_batches, int rank, int size, ig_share *out, ig_error *err);
#endif
