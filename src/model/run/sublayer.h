// What stands round each attention and feed-forward: residual connection, dropout and norm, before
// (pre) or after (post) it.
//   post: y = norm(x + dropout(f(x)))        pre: y = x + dropout(f(norm(x)))
#ifndef IG_MODEL_RUN_SUBLAYER_H
#define IG_MODEL_RUN_SUBLAYER_H
#include "model/model.h"

// What a stack keeps of its layers for the backward.
typedef enum ig_keeping {
  IG_KEEPING_NOTHING,  // inference: all layers share their buffers
  IG_KEEPING_INPUTS,  // each layer's input alone; the backward runs the layer forward again   (Chen
                      // et al. 2016, "Training deep nets with sublinear memory")
  IG_KEEPING_ALL,
} ig_keeping;

typedef struct ig_sublayer {
  const ig_norm *norm;
  bool pre_norm;
  ig_dropout dropout;
} ig_sublayer;

typedef struct ig_sublayer_state {
  float *sum;     // (rows, d): f's output, then the residual sum
  float *normed;  // (rows, d)
  ig_norm_state norm;
} ig_sublayer_state;

// place: the sublayer's number in its layer, which tells its dropout from the others'.
ig_sublayer ig_sublayer_of(const ig_model *model, const ig_norm *norm, const ig_dropout *first,
                           uint32_t place);
void ig_sublayer_carve(ig_sublayer_state *state, ig_arena *arena, int rows, int d);
// What f reads: x itself, or its norm.
const float *ig_sublayer_input(ig_nn *nn, const ig_sublayer *sublayer,
                               const ig_sublayer_state *state, int rows, const float *x);
// After f has written state->sum: the sublayer's output.
const float *ig_sublayer_output(ig_nn *nn, const ig_sublayer *sublayer,
                                const ig_sublayer_state *state, int rows, const float *x);

// The buffer that the sublayer's output will stand in.
float **ig_sublayer_output_buffer(const ig_model *model, ig_sublayer_state *state);

// Backward in two halves round f's. Before: gradient (rows, d) of the output becomes that of the
// residual sum, in place, and `function` is filled for f's backward, which comes next. After:
// gradient is that of x.
typedef struct ig_sublayer_gradient {
  float *gradient;             // (rows, d)
  float *dropped;              // (rows, d) scratch
  float *normed;               // (rows, d) scratch
  ig_layer_gradient function;  // what f's backward reads and writes
} ig_sublayer_gradient;
void ig_sublayer_before(ig_nn *nn, const ig_sublayer *sublayer, const ig_sublayer_state *state,
                        int rows, ig_sublayer_gradient *g);
void ig_sublayer_after(ig_nn *nn, const ig_sublayer *sublayer, const ig_sublayer_state *state,
                       int rows, const float *x, ig_sublayer_gradient *g);
#endif
