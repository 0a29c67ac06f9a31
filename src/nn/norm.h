// Normalisation over the last dimension, in two kinds:
//   layer norm (Ba et al. 2016)             y = (x - mean) / sqrt(var + eps) * weight + bias
//   RMS norm   (Zhang & Sennrich 2019, 4)   y = x / sqrt(mean(x^2) + eps) * weight
#ifndef IG_NN_NORM_H
#define IG_NN_NORM_H
#include "nn/nn.h"

typedef struct ig_norm {
  int size;  // d
  float eps;
  bool rms;                    // false: layer norm
  const float *weight, *bias;  // (d); bias may be NULL, and is of a layer norm
  float *weight_gradient, *bias_gradient;
} ig_norm;

// What the backward needs besides the input.
typedef struct ig_norm_state {
  float *mean, *rstd;  // (rows); the mean of an RMS norm is 0
} ig_norm_state;

void ig_norm_carve(ig_norm_state *state, ig_arena *arena, int rows);
// input and output (rows, d); they must not be the same.
void ig_norm_forward(ig_nn *nn, const ig_norm *norm, const ig_norm_state *state, int rows,
                     const float *input, float *output);
// Adds to the gradients of weight and bias. dinput may be doutput, and is always overwritten:
// `accumulate` must be false.
void ig_norm_backward(ig_nn *nn, const ig_norm *norm, const ig_norm_state *state, int rows,
                      const float *input, const ig_layer_gradient *gradient);
#endif
