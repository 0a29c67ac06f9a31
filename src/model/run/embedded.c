// The embedded rows of a stack, forward and backward.
#include "model/run/embedded.h"

#include "nn/dropout.h"

ig_embedded ig_embedded_of_encoder(const ig_run_context *context) {
  const ig_model *m = context->model;
  return (ig_embedded){.tokens = &m->source_embedding,
                       .positions = &m->encoder_positions,
                       .types = &m->token_types,
                       .table = ig_position_table_of_encoder(&context->positions, m),
                       .norm = m->config.encoder.embedding_norm ? &m->encoder_embedding_norm : NULL,
                       .projection = m->config.embedding_size ? &m->embedding_projection : NULL,
                       .dropout = &m->source_dropout};
}

ig_embedded ig_embedded_of_decoder(const ig_run_context *context) {
  const ig_model *m = context->model;
  return (ig_embedded){.tokens = &m->target_embedding,
                       .positions = &m->decoder_positions,
                       .table = ig_position_table_of_decoder(&context->positions, m),
                       .norm = m->config.decoder.embedding_norm ? &m->decoder_embedding_norm : NULL,
                       .dropout = &m->target_dropout};
}

void ig_embedded_carve(ig_embedded_state *state, ig_arena *arena, const ig_model *model,
                       const ig_stack_shape *stack, int rows) {
  const size_t d = (size_t)model->config.d_model,
               e = (size_t)ig_config_embedding_columns(&model->config), values = (size_t)rows * e;
  *state = (ig_embedded_state){.sum = IG_TAKE(arena, float, values)};
  if (model->config.embedding_size)
    state->projected = IG_TAKE(arena, float, (size_t)rows *(d > e ? d : e));
  if (!stack->embedding_norm) return;
  state->normed = IG_TAKE(arena, float, values);
  ig_norm_carve(&state->norm, arena, rows);
}

// What the dropout gave in the forward: (rows, e).
static float *dropped_rows(const ig_embedded *e, const ig_embedded_state *state) {
  return e->norm ? state->normed : state->sum;
}

const float *ig_embedded_forward(ig_nn *nn, const ig_embedded *e, const ig_embedded_state *state,
                                 const ig_embedded_rows *rows) {
  const ig_embedding_args args = {.rows = rows->rows,
                                  .ids = rows->ids,
                                  .position = rows->position,
                                  .positions = e->table,
                                  .type = rows->type,
                                  .types = e->types ? e->types->weight : NULL};
  float *embedded = dropped_rows(e, state);
  ig_embedding_forward(nn, e->tokens, &args, state->sum);
  if (e->norm) ig_norm_forward(nn, e->norm, &state->norm, rows->rows, state->sum, embedded);
  ig_dropout_forward(nn, e->dropout, rows->rows, e->tokens->size, embedded, embedded);
  if (!e->projection) return embedded;
  ig_linear_forward(nn, e->projection, rows->rows, embedded, IG_ACTIVATION_NONE, state->projected);
  return state->projected;
}

void ig_embedded_backward(ig_nn *nn, const ig_embedded *e, const ig_embedded_state *state,
                          const ig_embedded_rows *rows, float *gradient) {
  if (e->projection) {
    ig_linear_backward(nn, e->projection, rows->rows, dropped_rows(e, state),
                       &(ig_layer_gradient){.doutput = gradient, .dinput = state->projected});
    gradient = state->projected;
  }
  ig_dropout_forward(nn, e->dropout, rows->rows, e->tokens->size, gradient, gradient);
  if (e->norm)
    ig_norm_backward(nn, e->norm, &state->norm, rows->rows, state->sum,
                     &(ig_layer_gradient){.doutput = gradient, .dinput = gradient});
  ig_embedding_backward(nn, e->tokens, rows->rows, rows->ids, gradient);
  ig_embedding_backward(nn, e->positions, rows->rows, rows->position, gradient);
  if (e->types) ig_embedding_backward(nn, e->types, rows->rows, rows->type, gradient);
}
