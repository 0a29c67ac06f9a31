// The output layer with label-smoothed cross-entropy or the log-probabilities of given ids, in
// blocks of rows: the logits of a whole batch never stand in memory.
#ifndef IG_NN_LOSS_H
#define IG_NN_LOSS_H
#include "nn/linear.h"

// Rows of a block: 256 to 512, in between as many as 16 MB of logits hold. Below, reading and
// packing the weights again for each block costs more than the memory is worth. A function of the
// vocabulary alone, since it orders the sums over rows.
int ig_loss_block(int vocabulary);

typedef struct ig_loss_args {
  ig_linear output;  // d -> V; bias includes any constant logits bias
  float label_smoothing;
  float gradient_scale;  // 1 / counted targets of the update
  const int *targets;    // (rows); negative = not counted
} ig_loss_args;

// Sums over counted rows, in double, in row order. dhidden (rows, d) NULL: no gradients wanted.
typedef struct ig_loss_sums {
  double loss, nll;
  size_t tokens;
} ig_loss_sums;
ig_loss_sums ig_loss_run(ig_nn *nn, const ig_loss_args *args, int rows, const float *hidden,
                         float *dhidden);
// log_probs (rows): log p(targets[r]); 0 where it is not counted.
void ig_loss_log_probs(ig_nn *nn, const ig_loss_args *args, int rows, const float *hidden,
                       float *log_probs);
size_t ig_loss_scratch(const ig_nn *nn, const ig_loss_args *args, int rows);  // bytes, of either
#endif
