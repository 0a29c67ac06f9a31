// The end of a stack: scale * dropout(norm(rows)), of which most models have the norm alone, and
// some nothing.
#ifndef IG_MODEL_RUN_STACK_END_H
#define IG_MODEL_RUN_STACK_END_H
#include "model/model.h"

// Borrows from the model.
typedef struct ig_stack_end {
  const ig_norm *norm;  // NULL: the end is nothing, and the rows stay what they are
  const ig_dropout *dropout;
  float scale;
} ig_stack_end;

typedef struct ig_stack_end_state {
  const float *input;  // (rows, d)
  float *normed;       // (rows, d), where there is a norm
  ig_norm_state norm;
} ig_stack_end_state;

ig_stack_end ig_stack_end_of_encoder(const ig_model *model);
ig_stack_end ig_stack_end_of_decoder(const ig_model *model);
void ig_stack_end_carve(ig_stack_end_state *state, ig_arena *arena, const ig_model *model,
                        const ig_stack_shape *stack, int rows);
// Returns the rows (rows, d) that leave the stack: x, or inside state.
const float *ig_stack_end_forward(ig_nn *nn, const ig_stack_end *end, ig_stack_end_state *state,
                                  int rows, const float *x);
// After the forward of the same rows. gradient (rows, d), in place: from that of what left the
// stack to that of x.
void ig_stack_end_backward(ig_nn *nn, const ig_stack_end *end, const ig_stack_end_state *state,
                           int rows, float *gradient);
#endif
