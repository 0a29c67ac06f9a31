// The simpler simple recurrent unit (Kim et al. 2019, "From Research to Production and Back",
// section 3.1), which takes the place of a decoder's self-attention:
//   f_t = sigmoid(Wf x_t + bf)      c_t = f_t * c_{t-1} + (1 - f_t) * W x_t      h_t = relu(c_t)
// The cell before the first row of a sequence is zeros. What the past leaves is one cell, whatever
// its length.
#ifndef IG_NN_SSRU_H
#define IG_NN_SSRU_H
#include "nn/linear.h"
#include "nn/self_attention.h"

typedef struct ig_ssru {
  ig_linear candidate;  // W: d -> d, without a bias
  ig_linear forget;     // Wf, bf: d -> d
} ig_ssru;

typedef struct ig_ssru_state {
  float *candidate;  // (rows, d): W x
  float *forget;     // (rows, d): f
  float *cell;       // (rows, d): c
} ig_ssru_state;

void ig_ssru_carve(ig_ssru_state *state, ig_arena *arena, const ig_ssru *ssru, int rows);
// input and output (rows, d). args->mask is not looked at: a row depends on those before it. Of
// args->cache each row is a cell, of d floats; the new rows of a sequence follow those that it
// holds.
void ig_ssru_forward(ig_nn *nn, const ig_ssru *ssru, const ig_ssru_state *state,
                     const ig_self_attention_args *args, const float *input, float *output);
// After the forward of the same rows, without a cache.
void ig_ssru_backward(ig_nn *nn, const ig_ssru *ssru, const ig_ssru_state *state,
                      const ig_ragged *rows, const float *input, const ig_layer_gradient *gradient);
size_t ig_ssru_scratch(const ig_nn *nn, const ig_ssru *ssru, int rows, bool training);
#endif
