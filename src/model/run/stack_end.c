// The end of a stack, forward and backward.
#include "model/run/stack_end.h"

#include "nn/dropout.h"
#include "nn/rows.h"

ig_stack_end ig_stack_end_of_encoder(const ig_model *model) {
  return (ig_stack_end){.norm = model->config.encoder.final_norm ? &model->encoder_norm : NULL,
                        .dropout = &model->encoder_end_dropout,
                        .scale = 1.0f};
}

ig_stack_end ig_stack_end_of_decoder(const ig_model *model) {
  return (ig_stack_end){.norm = model->config.decoder.final_norm ? &model->decoder_norm : NULL,
                        .dropout = &model->decoder_end_dropout,
                        .scale = model->hidden_scale};
}

void ig_stack_end_carve(ig_stack_end_state *state, ig_arena *arena, const ig_model *model,
                        const ig_stack_shape *stack, int rows) {
  *state = (ig_stack_end_state){0};
  if (!stack->final_norm) return;
  state->normed = IG_TAKE(arena, float, (size_t)rows *(size_t)model->config.d_model);
  ig_norm_carve(&state->norm, arena, rows);
}

typedef struct scaling_work {
  const ig_kernels *kernels;
  float scale;
  size_t columns;
  float *values;  // (rows, columns)
} scaling_work;

static void scale_rows(const void *context, size_t first, size_t last) {
  const scaling_work *w = context;
  float *values = w->values + first * w->columns;
  w->kernels->scale((last - first) * w->columns, w->scale, values, values);
}

static void apply_scale(ig_nn *nn, const ig_stack_end *end, int rows, float *values) {
  if (end->scale == 1.0f) return;
  const scaling_work w = {nn->kernels, end->scale, (size_t)end->norm->size, values};
  ig_rows_run(nn, (size_t)rows, w.columns, scale_rows, &w);
}

const float *ig_stack_end_forward(ig_nn *nn, const ig_stack_end *end, ig_stack_end_state *state,
                                  int rows, const float *x) {
  if (!end->norm) return x;
  state->input = x;
  ig_norm_forward(nn, end->norm, &state->norm, rows, x, state->normed);
  ig_dropout_forward(nn, end->dropout, rows, end->norm->size, state->normed, state->normed);
  apply_scale(nn, end, rows, state->normed);
  return state->normed;
}

void ig_stack_end_backward(ig_nn *nn, const ig_stack_end *end, const ig_stack_end_state *state,
                           int rows, float *gradient) {
  if (!end->norm) return;
  apply_scale(nn, end, rows, gradient);
  ig_dropout_forward(nn, end->dropout, rows, end->norm->size, gradient, gradient);
  ig_norm_backward(nn, end->norm, &state->norm, rows, state->input,
                   &(ig_layer_gradient){.doutput = gradient, .dinput = gradient});
}
