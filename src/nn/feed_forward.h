// FFN(x) = W2 dropout(f(W1 x + b1)) + b2                  (Vaswani et al. 2017, 3.3)
// gated: W2 dropout(f(Wg x + bg) * (W1 x + b1)) + b2      (Shazeer 2020, eq. 5 and 6)
#ifndef IG_NN_FEED_FORWARD_H
#define IG_NN_FEED_FORWARD_H
#include "nn/linear.h"

typedef struct ig_feed_forward {
  ig_linear inner;  // d -> width; gated: d -> 2 width, Wg above W1
  ig_linear outer;  // width -> d
  ig_activation activation;
  bool gated;
  ig_dropout dropout;
} ig_feed_forward;

typedef struct ig_feed_forward_state {
  float *hidden;  // (rows, width) after activation and dropout
  // What the first layer gives, where the backward needs it or a gate is to be applied: (rows,
  // width), or gated (rows, 2 width). NULL: the product itself applies the activation.
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
