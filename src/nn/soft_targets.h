// Soft targets: the distributions that teachers give of each next token, for a student to learn.
//   q = sum over teachers of w softmax(z / T)      z: a teacher's logits
//   of a row: divergence = sum q log(q / p),  cross-entropy = - sum q log p,  p = softmax(s / T)
//             loss = share T^2 cross-entropy + (1 - share) (the loss of the reference)
//   dloss/ds = share T (p - q) + (1 - share) (the gradient of that one)
// (Hinton, Vinyals & Dean 2015, "Distilling the knowledge in a neural network", section 2). The
// gradients of the two entropies differ by nothing, since q is a constant.
#ifndef IG_NN_SOFT_TARGETS_H
#define IG_NN_SOFT_TARGETS_H
#include "nn/linear.h"

// A teacher: the rows that it would give its output layer, whose columns are the student's.
typedef struct ig_soft_source {
  ig_linear output;     // d -> V; d is the teacher's own
  const float *hidden;  // (rows, d); not read where only sizes are asked for
  float weight;         // of its probabilities: above 0, and all of them sum to 1
} ig_soft_source;

typedef struct ig_soft_targets {
  const ig_soft_source *sources;  // (count)
  int count;                      // at least 1
  float share;                    // of the loss, 0 to 1
  float temperature;              // T, above 0
  int top_k;                      // q has the k most likely tokens alone, with sum 1; 0: all
} ig_soft_targets;

// Rows of a block, V columns.
typedef struct ig_soft_block {
  float *logs;           // (rows, V): log q and a number of each row
  float *probabilities;  // (rows, V)
} ig_soft_block;
ig_soft_block ig_soft_targets_take(const ig_soft_targets *soft, ig_arena *arena, int rows);
// Fills block->logs for rows first .. first + rows - 1 of the sources, with all tokens.
void ig_soft_targets_run(ig_nn *nn, const ig_soft_targets *soft, int first, int rows,
                         const ig_soft_block *block);
// Scratch bytes of the above.
size_t ig_soft_targets_scratch(const ig_nn *nn, const ig_soft_targets *soft, int rows);

typedef struct ig_soft_row {
  float *logs, *probabilities;     // (V): of ig_soft_block; overwritten
  float *logits;                   // (V): the student's, which become the gradient
  float loss, nll, kl_divergence;  // written
} ig_soft_row;
// The loss of one row; reference: that of the token which is there.
void ig_soft_targets_row(const ig_kernels *kernels, const ig_soft_targets *soft,
                         const ig_cross_entropy *reference, ig_soft_row *row);
#endif
