// The encoder, forward and backward.
#include "model/run/encoder.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "model/create/wire.h"
#include "nn/scratch.h"

ig_status ig_encoder_create(const ig_model *model, ig_encoder_state *out, ig_error *err) {
  *out = (ig_encoder_state){0};
  out->layers = ig_allocate((size_t)model->config.encoder.layers, sizeof *out->layers, err);
  return out->layers ? IG_OK : IG_ERROR_MEMORY;
}

void ig_encoder_free(ig_encoder_state *state) { free(state->layers); }

static void carve_layer(ig_encoder_layer_state *l, ig_arena *arena, const ig_model *model,
                        const ig_encoder_layer *layer, int rows, bool training) {
  ig_self_attention_carve(&l->self_attention, arena, &layer->self_attention, rows);
  ig_feed_forward_carve(&l->feed_forward, arena, &layer->feed_forward, rows, training);
  for (int j = 0; j < 2; j++)
    ig_sublayer_carve(&l->sublayer[j], arena, rows, model->config.d_model);
}

void ig_encoder_carve(ig_encoder_state *state, ig_arena *arena, const ig_model *model, int rows,
                      ig_keeping keeping) {
  const ig_config *c = &model->config;
  const size_t d = (size_t)c->d_model;
  state->keeping = keeping;
  state->position = IG_TAKE(arena, int, rows);
  state->type = c->token_types ? IG_TAKE(arena, int, rows) : NULL;
  ig_embedded_carve(&state->embedded, arena, model, &c->encoder, rows);
  for (int i = 0; i < c->encoder.layers; i++) {
    ig_encoder_layer_state *l = &state->layers[i];
    // Layers below the end of the backward keep nothing.
    if (i == 0 || (keeping == IG_KEEPING_ALL && i + 1 >= model->encoder_trained_from))
      carve_layer(l, arena, model, &model->encoder[ig_config_stored_layer(&c->encoder, i)], rows,
                  keeping != IG_KEEPING_NOTHING);
    else
      *l = state->layers[0];
    if (i > 0 && keeping == IG_KEEPING_INPUTS)
      *ig_sublayer_output_buffer(&model->config.encoder, &l->sublayer[1]) =
          IG_TAKE(arena, float, (size_t)rows *d);
  }
  ig_stack_end_carve(&state->end, arena, model, &c->encoder, rows);
}

// x (rows, d) through layer i.
static const float *forward_layer(ig_run_context *context, int i, ig_encoder_layer_state *l,
                                  const ig_encoder_view *view, const float *x) {
  ig_nn *nn = &context->nn;
  const ig_encoder_layer layer = ig_wire_encoder_layer(context->model, i);
  const int rows = ig_ragged_rows(&view->rows);
  l->input = x;
  const ig_sublayer first = ig_sublayer_of(&context->model->config.encoder,
                                           &layer.self_attention_norm, &layer.dropout, 0);
  ig_self_attention_forward(nn, &layer.self_attention, &l->self_attention,
                            &(ig_self_attention_args){.rows = view->rows, .mask = view->mask},
                            ig_sublayer_input(nn, &first, &l->sublayer[0], rows, x),
                            l->sublayer[0].sum);
  l->middle = ig_sublayer_output(nn, &first, &l->sublayer[0], rows, x);
  const ig_sublayer second =
      ig_sublayer_of(&context->model->config.encoder, &layer.feed_forward_norm, &layer.dropout, 1);
  ig_feed_forward_forward(nn, &layer.feed_forward, &l->feed_forward, rows,
                          ig_sublayer_input(nn, &second, &l->sublayer[1], rows, l->middle),
                          l->sublayer[1].sum);
  return ig_sublayer_output(nn, &second, &l->sublayer[1], rows, l->middle);
}

static const float *embed(ig_run_context *context, ig_encoder_state *state,
                          const ig_encoder_view *view) {
  for (int s = 0; s < view->rows.sequences; s++)
    for (int r = view->rows.offsets[s]; r < view->rows.offsets[s + 1]; r++)
      state->position[r] = r - view->rows.offsets[s];
  for (int r = 0; state->type && r < ig_ragged_rows(&view->rows); r++)
    state->type[r] = view->types ? view->types[r] : 0;
  const ig_embedded embedded = ig_embedded_of_encoder(context);
  const ig_embedded_rows rows = {.rows = ig_ragged_rows(&view->rows),
                                 .ids = view->ids,
                                 .position = state->position,
                                 .type = state->type};
  return ig_embedded_forward(&context->nn, &embedded, &state->embedded, &rows);
}

const float *ig_encoder_forward(ig_run_context *context, ig_encoder_state *state,
                                const ig_encoder_view *view) {
  const ig_config *c = &context->model->config;
  const float *x = embed(context, state, view);
  for (int i = 0; i < c->encoder.layers; i++)
    x = forward_layer(context, i, &state->layers[i], view, x);
  const ig_stack_end end = ig_stack_end_of_encoder(context->model);
  return ig_stack_end_forward(&context->nn, &end, &state->end, ig_ragged_rows(&view->rows), x);
}

static void backward_layer(ig_run_context *context, int i, const ig_encoder_layer_state *l,
                           const ig_encoder_view *view, ig_sublayer_gradient *g) {
  ig_nn *nn = &context->nn;
  const ig_encoder_layer layer = ig_wire_encoder_layer(context->model, i);
  const bool pre = context->model->config.encoder.pre_norm,
             ends = i + 1 == context->model->encoder_trained_from;
  const int rows = ig_ragged_rows(&view->rows);
  const ig_sublayer second =
      ig_sublayer_of(&context->model->config.encoder, &layer.feed_forward_norm, &layer.dropout, 1);
  ig_sublayer_before(nn, &second, &l->sublayer[1], rows, g);
  ig_feed_forward_backward(nn, &layer.feed_forward, &l->feed_forward, rows,
                           pre ? l->sublayer[1].normed : l->middle, &g->function);
  ig_sublayer_after(nn, &second, &l->sublayer[1], rows, l->middle, g);
  const ig_sublayer first = ig_sublayer_of(&context->model->config.encoder,
                                           &layer.self_attention_norm, &layer.dropout, 0);
  ig_sublayer_before(nn, &first, &l->sublayer[0], rows, g);
  if (ends && !pre) g->function.dinput = NULL;
  ig_self_attention_backward(nn, &layer.self_attention, &l->self_attention,
                             &(ig_self_attention_args){.rows = view->rows, .mask = view->mask},
                             pre ? l->sublayer[0].normed : l->input, &g->function);
  ig_sublayer_after(nn, &first, &l->sublayer[0], rows, l->input, g);
}

bool ig_encoder_is_trained(const ig_model *model) {
  return model->encoder_trained_from < model->config.encoder.layers + 2;
}

void ig_encoder_backward(ig_run_context *context, ig_encoder_state *state,
                         const ig_encoder_view *view, ig_sublayer_gradient *g) {
  ig_nn *nn = &context->nn;
  const ig_model *model = context->model;
  const int rows = ig_ragged_rows(&view->rows), last = model->config.encoder.layers - 1,
            from = model->encoder_trained_from;
  if (!ig_encoder_is_trained(model)) return;
  const ig_stack_end end = ig_stack_end_of_encoder(model);
  ig_stack_end_backward(nn, &end, &state->end, rows, g->gradient);
  for (int i = last; i >= 0 && i + 1 >= from; i--) {
    ig_encoder_layer_state *l = &state->layers[i];
    // The buffers of the last layer still hold what the forward left in them.
    if (state->keeping == IG_KEEPING_INPUTS && i < last)
      forward_layer(context, i, l, view, l->input);
    backward_layer(context, i, l, view, g);
  }
  if (from > 0) return;
  const ig_embedded embedded = ig_embedded_of_encoder(context);
  const ig_embedded_rows ids = {
      .rows = rows, .ids = view->ids, .position = state->position, .type = state->type};
  ig_embedded_backward(nn, &embedded, &state->embedded, &ids, g->gradient);
}

size_t ig_encoder_scratch(const ig_run_context *context, const ig_attention_sizes *sizes) {
  const ig_nn *nn = &context->nn;
  size_t most = ig_linear_scratch(nn, &context->model->embedding_projection, sizes->rows);
  for (int i = 0; i < ig_config_stored_layers(&context->model->config.encoder); i++) {
    const ig_encoder_layer *l = &context->model->encoder[i];
    most = IG_SCRATCH_MOST(
        most, ig_self_attention_scratch(nn, &l->self_attention, sizes),
        ig_feed_forward_scratch(nn, &l->feed_forward, sizes->rows, sizes->training));
  }
  return most;
}
