// The micro-batches of an update: which they are, and the gradients of all of them. Ranks that
// train together each compute a branch of the tree of gradients (share.h, gradient_tree.h) and add
// up the branches; one process computes the whole tree and ends in the same bits.
#ifndef IG_TRAIN_MICRO_BATCHES_H
#define IG_TRAIN_MICRO_BATCHES_H
#include "cluster/tree_sum.h"
#include "nn/loss.h"
#include "train/gradient_tree.h"
#include "train/run.h"
#include "train/share.h"

typedef struct ig_micro_batches {
  int count;  // of an update
  ig_share share;
  ig_batch_buffer *buffers;  // (count)
  ig_loss_sums *sums;        // (ranks, share.each): of each micro-batch, in their order
  ig_gradient_tree tree;     // over this rank's share
  ig_tree_sum ranks;         // over the branches
  double seconds;            // spent in telling other ranks and waiting for them
} ig_micro_batches;          // ig_micro_batches_free

// Of a run that is set up. Free *out also after a failure.
ig_status ig_micro_batches_make(ig_run *run, ig_micro_batches *out, ig_error *err);
void ig_micro_batches_free(ig_micro_batches *micro);
// Gets the next micro-batches of the run's data, and leaves the gradients of all of them in its
// trainer, divided by all targets of the update. *sums: of all, the same bits on each rank.
ig_status ig_micro_batches_run(ig_micro_batches *micro, ig_run *run, ig_loss_sums *sums,
                               ig_error *err);
#endif
