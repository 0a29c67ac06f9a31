// y = x W^T + b
#ifndef IG_NN_LINEAR_H
#define IG_NN_LINEAR_H
#include "nn/nn.h"

typedef struct ig_linear {
  int in, out;
  const float *weight;     // (out, in), row-major as in a state_dict; may be NULL once packed
  const float *bias;       // (out) or NULL
  float *weight_gradient;  // (out, in) or NULL: not trained
  float *bias_gradient;
  const void *packed;  // W^T packed by ig_linear_pack, or NULL: packed on the way
  bool many_rows;  // in inference, as a rule: runs on a matrix unit where there is one, whatever
                   // the rows (nn/gemm.h)
} ig_linear;

// input (rows, in), output (rows, out). Epilogue: output = activation(x W^T + b).
void ig_linear_forward(ig_nn *nn, const ig_linear *linear, int rows, const float *input,
                       ig_activation activation, float *output);
// dinput (rows, in) = doutput W (+ dinput if accumulate); NULL: not wanted. Gradients of weight and
// bias are added to.
void ig_linear_backward(ig_nn *nn, const ig_linear *linear, int rows, const float *input,
                        const float *doutput, float *dinput, bool accumulate);
size_t ig_linear_scratch(const ig_nn *nn, const ig_linear *linear,
                         int rows);  // bytes, the larger of forward and backward
// For inference. packed: IG_ALIGNMENT-aligned
size_t ig_linear_packed_bytes(const ig_nn *nn, const ig_linear *linear);
void ig_linear_pack(ig_nn *nn, const ig_linear *linear, void *packed);
#endif
