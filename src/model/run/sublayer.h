// A sublayer: a function f of its rows (attention or feed-forward) with residual connection,
// dropout and norm, which comes after it (post) or before it (pre).
//   post: y = norm(x + dropout(f(x)))        pre: y = x + dropout(f(norm(x)))
#ifndef IG_MODEL_RUN_SUBLAYER_H
#define IG_MODEL_RUN_SUBLAYER_H
#include "model/model.h"

// What a stack keeps of its layers for the backward.
typedef enum ig_keeping {
  IG_KEEPING_NOTHING,  // inference: all layers share their buffers
  // Only the input of each layer; the backward runs the layer forward again   (Chen et al. 2016,
  // "Training deep nets with sublinear memory").
  IG_KEEPING_INPUTS,
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

// number: of the sublayer in its layer; it gives each sublayer's dropout a stream of its own.
// first: the layer's dropout.
ig_sublayer ig_sublayer_of(const ig_stack_shape *stack, const ig_norm *norm,
                           const ig_dropout *first, uint32_t number);
void ig_sublayer_carve(ig_sublayer_state *state, ig_arena *arena, int rows, int d);
// Returns what f reads: x itself, or its norm.
const float *ig_sublayer_input(ig_nn *nn, const ig_sublayer *sublayer,
                               const ig_sublayer_state *state, int rows, const float *x);
// Returns the sublayer's output, after f has written state->sum.
const float *ig_sublayer_output(ig_nn *nn, const ig_sublayer *sublayer,
                                const ig_sublayer_state *state, int rows, const float *x);

// The member of state that ig_sublayer_output will return.
float **ig_sublayer_output_buffer(const ig_stack_shape *stack, ig_sublayer_state *state);

// The backward in two halves, before and after f's own. Before: `gradient` becomes that of the
// residual sum instead of that of the output, and `function` is filled for f's backward. After:
// `gradient` becomes that of x.
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
