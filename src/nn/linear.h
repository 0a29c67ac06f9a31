// The linear layer: y = x W^T + b
#ifndef IG_NN_LINEAR_H
#define IG_NN_LINEAR_H
#include "nn/gemm_reader.h"
#include "nn/weight_layout.h"

typedef struct ig_linear {
  int in, out;
  const float *weight;     // (out, in), row-major as in a state_dict; may be NULL once packed
  const float *bias;       // (out) or NULL
  float *weight_gradient;  // (out, in) or NULL: not trained
  float *bias_gradient;
  ig_packed packed;  // W^T as ig_linear_pack leaves it; without data, it is packed in each product
  // What W^T is packed as in float32 inference, if the CPU can use it (ig_gemm_layout).
  // IG_WEIGHT_LAYOUT_BFLOAT16_PARTS suits a layer that runs over whole sentences: a matrix unit
  // takes many rows at a time.
  ig_weight_layout layout;
} ig_linear;

// output (rows, out) = activation(x W^T + b) of input (rows, in).
void ig_linear_forward(ig_nn *nn, const ig_linear *linear, int rows, const float *input,
                       ig_activation activation, float *output);
// The same, without an activation, for a reader of the output's blocks in place of memory for it.
void ig_linear_read(ig_nn *nn, const ig_linear *linear, int rows, const float *input,
                    const ig_gemm_reader *reader);
size_t ig_linear_read_scratch(const ig_nn *nn, const ig_linear *linear, int rows);
// dinput = doutput W, or is added to; NULL: not wanted. Adds to the gradients of weight and bias.
void ig_linear_backward(ig_nn *nn, const ig_linear *linear, int rows, const float *input,
                        const ig_layer_gradient *gradient);
// Scratch bytes: the larger of forward and backward.
size_t ig_linear_scratch(const ig_nn *nn, const ig_linear *linear, int rows);

// Packing W^T for inference: first memory is given to it (ig_linear_packed_bytes, aligned to
// IG_ALIGNMENT), in what the CPU makes of the layout; then rows first .. first + rows - 1 of the
// weight, which are given as (rows, in), are packed there. first: a multiple of 64.
size_t ig_linear_packed_bytes(const ig_nn *nn, const ig_linear *linear, ig_weight_layout layout);
void ig_linear_place(const ig_nn *nn, ig_linear *linear, ig_weight_layout layout, void *memory);
void ig_linear_pack(ig_nn *nn, const ig_linear *linear, int first, int rows, const float *weight);
// The same from rows that are quantized already: q (rows, in) of -127 to 127, and a scale for each;
// in the layout IG_WEIGHT_LAYOUT_INT8_PANELS.
void ig_linear_pack_int8(ig_nn *nn, const ig_linear *linear, int first, int rows, const int8_t *q,
                         const float *scale);
#endif
