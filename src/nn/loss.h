// The output layer with label-smoothed cross-entropy, or with the log-probabilities of given ids.
// It works in blocks of rows, so that the logits of a whole batch are never in memory together.
#ifndef IG_NN_LOSS_H
#define IG_NN_LOSS_H
#include "nn/soft_targets.h"

// Rows of a block: as many as 16 MB of logits hold, but 256 to 512. With fewer rows, reading and
// packing the weights again for each block would cost more than the memory is worth. The number
// depends on the vocabulary alone, since it orders the sums over rows.
int ig_loss_block(int vocabulary);

typedef struct ig_loss_args {
  ig_linear output;  // d -> V; bias includes any constant logits bias
  float label_smoothing;
  float gradient_scale;  // 1 / counted targets of the update
  const int *targets;    // (rows); a negative one is not counted
  bool counts_correct;   // ig_loss_sums.correct is wanted
  // Teachers that have a share in the loss; NULL: the targets alone.
  const ig_soft_targets *soft;
  // The loss of a row is the entropy of what the model itself says of the token (nn/entropy.h);
  // without teachers.
  bool entropy;
  // Above 0: rows r and r + rows/2 are one target under two draws of dropout, and its loss is the
  // mean of both and this times how far apart they are (nn/agreement.h); without teachers and
  // entropy. Such a pair counts as one in ig_loss_sums, where kl_divergence is that of the pairs.
  float r_drop;
} ig_loss_args;

// Sums over the counted rows, in double, in row order.
typedef struct ig_loss_sums {
  double loss, nll;
  size_t tokens;
  // Rows whose target has the largest logit, of equal ones the first; 0 where nobody counts them.
  size_t correct;
  double kl_divergence;  // of the teachers from the model, or within pairs; 0 without both
} ig_loss_sums;
// hidden (rows, d). dhidden (rows, d) is overwritten; NULL: no gradients are wanted.
ig_loss_sums ig_loss_run(ig_nn *nn, const ig_loss_args *args, int rows, const float *hidden,
                         float *dhidden);
// log_probs (rows): log p(targets[r]); 0 where it is not counted.
void ig_loss_log_probs(ig_nn *nn, const ig_loss_args *args, int rows, const float *hidden,
                       float *log_probs);
// Scratch bytes of either. Of args, targets and the rows of teachers are not read.
size_t ig_loss_scratch(const ig_nn *nn, const ig_loss_args *args, int rows);
#endif
