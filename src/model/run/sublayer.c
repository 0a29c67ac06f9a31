// Residual, dropout and norm of a sublayer, forward and backward.
#include "model/run/sublayer.h"

#include "nn/dropout.h"
#include "nn/residual.h"

ig_sublayer ig_sublayer_of(const ig_stack_shape *stack, const ig_norm *norm,
                           const ig_dropout *first, uint32_t number) {
  return (ig_sublayer){.norm = norm,
                       .pre_norm = stack->pre_norm,
                       .dropout = {first->probability, first->stream + number}};
}

void ig_sublayer_carve(ig_sublayer_state *state, ig_arena *arena, int rows, int d) {
  state->sum = IG_TAKE(arena, float, (size_t)rows *(size_t)d);
  state->normed = IG_TAKE(arena, float, (size_t)rows *(size_t)d);
  ig_norm_carve(&state->norm, arena, rows);
}

float **ig_sublayer_output_buffer(const ig_stack_shape *stack, ig_sublayer_state *state) {
  return stack->pre_norm ? &state->sum : &state->normed;
}

const float *ig_sublayer_input(ig_nn *nn, const ig_sublayer *sublayer,
                               const ig_sublayer_state *state, int rows, const float *x) {
  if (!sublayer->pre_norm) return x;
  ig_norm_forward(nn, sublayer->norm, &state->norm, rows, x, state->normed);
  return state->normed;
}

const float *ig_sublayer_output(ig_nn *nn, const ig_sublayer *sublayer,
                                const ig_sublayer_state *state, int rows, const float *x) {
  ig_residual_forward(nn, &(ig_residual_args){.dropout = &sublayer->dropout,
                                              .rows = rows,
                                              .columns = sublayer->norm->size,
                                              .residual = x,
                                              .input = state->sum,
                                              .output = state->sum});
  if (sublayer->pre_norm) return state->sum;
  ig_norm_forward(nn, sublayer->norm, &state->norm, rows, state->sum, state->normed);
  return state->normed;
}

void ig_sublayer_before(ig_nn *nn, const ig_sublayer *sublayer, const ig_sublayer_state *state,
                        int rows, ig_sublayer_gradient *g) {
  if (!sublayer->pre_norm)
    ig_norm_backward(nn, sublayer->norm, &state->norm, rows, state->sum,
                     &(ig_layer_gradient){.doutput = g->gradient, .dinput = g->gradient});
  g->function = (ig_layer_gradient){.doutput = g->gradient,
                                    .dinput = sublayer->pre_norm ? g->normed : g->gradient,
                                    .accumulate = !sublayer->pre_norm};
  if (ig_dropout_active(nn, &sublayer->dropout)) {
    ig_dropout_forward(nn, &sublayer->dropout, rows, sublayer->norm->size, g->gradient, g->dropped);
    g->function.doutput = g->dropped;
  }
}

void ig_sublayer_after(ig_nn *nn, const ig_sublayer *sublayer, const ig_sublayer_state *state,
                       int rows, const float *x, ig_sublayer_gradient *g) {
  if (!sublayer->pre_norm) return;
  ig_norm_backward(nn, sublayer->norm, &state->norm, rows, x,
                   &(ig_layer_gradient){.doutput = g->normed, .dinput = g->normed});
  const ig_dropout none = {0};
  ig_residual_forward(nn, &(ig_residual_args){.dropout = &none,
                                              .rows = rows,
                                              .columns = sublayer->norm->size,
                                              .residual = g->gradient,
                                              .input = g->normed,
                                              .output = g->gradient});
}
