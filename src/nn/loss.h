// The output layer with label-smoothed cross-entropy or the log-probabilities of given ids, in blocks of rows: the logits of a whole batch never stand in
// memory.
#ifndef IG_NN_LOSS_H
#define IG_NN_LOSS_H
#include "nn/linear.h"

#define IG_LOSS_BLOCK 512  // rows; fixed, since it orders the sums over rows

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
ig_loss_sums ig_loss_run(ig_nn *nn, const ig_loss_args *args, int rows, const float *hidden, float *dhidden);
// log_probs (rows): log p(targets[r]); 0 where it is not counted.
void ig_loss_log_probs(ig_nn *nn, const ig_loss_args *args, int rows, const float *hidden, float *log_probs);
size_t ig_loss_scratch(const ig_nn *nn, const ig_loss_args *args, int rows);  // bytes, of either
#endif
