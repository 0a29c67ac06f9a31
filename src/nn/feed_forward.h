// FFN(x) = W2 dropout(f(W1 x + b1)) + b2   (Vaswani et al. 2017, 3.3)
#ifndef IG_NN_FEED_FORWARD_H
#define IG_NN_FEED_FORWARD_H
#include "nn/linear.h"

typedef struct ig_feed_forward {
  ig_linear inner, outer;
  ig_activation activation;
  ig_dropout dropout;
} ig_feed_forward;

typedef struct ig_feed_forward_state {
  float *hidden;  // (rows, ffn) after activation and dropout
  // (rows, ffn), where the backward needs it. NULL: the product itself applies the activation.
  float *preactivation;
} ig_feed_forward_state;

void ig_feed_forward_carve(ig_feed_forward_state *state, ig_arena *arena,
                           const ig_feed_forward *ffn, int rows, bool training);
// input and output (rows, d).
void ig_feed_forward_forward(ig_nn *nn, const ig_feed_forward *ffn,
                             const ig_feed_forward_state *state, int rows, const float *input,
                             float *output);
void ig_feed_forward_backward(ig_nn *nn, const ig_feed_forward *ffn,
                              const ig_feed_forward_state *state, int rows, const float *input,
                              const ig_layer_gradient *gradient);
size_t ig_feed_forward_scratch(const ig_nn *nn, const ig_feed_forward *ffn, int rows,
                               bool training);
#endif
