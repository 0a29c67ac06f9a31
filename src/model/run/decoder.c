// The decoder, forward and backward.
#include "model/run/decoder.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "model/run/encoder.h"
#include "nn/scratch.h"

ig_status ig_decoder_create(const ig_model *model, ig_decoder_state *out, ig_error *err) {
  *out = (ig_decoder_state){0};
  out->layers = ig_allocate((size_t)model->config.decoder.layers, sizeof *out->layers, err);
  return out->layers ? IG_OK : IG_ERROR_MEMORY;
}

void ig_decoder_free(ig_decoder_state *state) { free(state->layers); }

static void carve_layer(ig_decoder_layer_state *l, ig_arena *arena, const ig_model *model,
                        const ig_decoder_layer *layer, int rows, bool training) {
  if (model->config.decoder.recurrent)
    ig_ssru_carve(&l->cell, arena, &layer->cell, rows);
  else
    ig_self_attention_carve(&l->self_attention, arena, &layer->self_attention, rows);
  ig_cross_attention_carve(&l->cross_attention, arena, &layer->cross_attention, rows);
  ig_feed_forward_carve(&l->feed_forward, arena, &layer->feed_forward, rows, training);
  for (int j = 0; j < 3; j++)
    ig_sublayer_carve(&l->sublayer[j], arena, rows, model->config.d_model);
}

// Where the backward ends, as model->decoder_trained_from; every layer takes part in the gradient
// of the memory, if that is wanted.
static int backward_end(const ig_model *model) {
  const int from = model->decoder_trained_from;
  return from > 1 && ig_encoder_is_trained(model) ? 1 : from;
}

void ig_decoder_carve(ig_decoder_state *state, ig_arena *arena, const ig_model *model, int rows,
                      ig_keeping keeping) {
  const ig_config *c = &model->config;
  const size_t d = (size_t)c->d_model;
  state->keeping = keeping;
  ig_embedded_carve(&state->embedded, arena, model, &c->decoder, rows);
  for (int i = 0; i < c->decoder.layers; i++) {
    ig_decoder_layer_state *l = &state->layers[i];
    // Layers below the end of the backward keep nothing.
    if (i == 0 || (keeping == IG_KEEPING_ALL && i + 1 >= backward_end(model)))
      carve_layer(l, arena, model, &model->decoder[i], rows, keeping != IG_KEEPING_NOTHING);
    else
      *l = state->layers[0];
    if (i > 0 && keeping == IG_KEEPING_INPUTS)
      *ig_sublayer_output_buffer(&model->config.decoder, &l->sublayer[2]) =
          IG_TAKE(arena, float, (size_t)rows *d);
  }
  ig_stack_end_carve(&state->end, arena, model, &c->decoder, rows);
}

void ig_decoder_memory(ig_run_context *context, int memory_rows, const float *memory,
                       const ig_kv_rows *key_value) {
  for (int i = 0; i < context->model->config.decoder.layers; i++)
    ig_cross_attention_keys(&context->nn, &context->model->decoder[i].cross_attention, memory_rows,
                            memory, key_value[i]);
}

static ig_self_attention_args self_attention_args(const ig_decoder_view *view, int layer) {
  return (ig_self_attention_args){.rows = view->rows,
                                  .mask = &view->self_mask,
                                  .cache = view->cache ? &view->cache[layer] : NULL};
}

static ig_cross_attention_args cross_attention_args(const ig_decoder_view *view, int layer,
                                                    const ig_multi_head_attention *attention) {
  const ig_kv_rows rows = view->key_value[layer];
  const size_t width = ig_multi_head_attention_width(attention);
  return (ig_cross_attention_args){.rows = view->rows,
                                   .keys = {.key = rows,
                                            .value = ig_kv_rows_from(rows, width),
                                            .stride = 2 * width,
                                            .begin = view->memory_begin,
                                            .length = view->memory_length},
                                   .mask = &view->cross_mask};
}

// What the rows take from those before them: by self-attention, or by the recurrent unit.
static void forward_past(ig_run_context *context, int i, const ig_decoder_layer_state *l,
                         const ig_decoder_view *view, const float *input, float *output) {
  const ig_decoder_layer *layer = &context->model->decoder[i];
  const ig_self_attention_args args = self_attention_args(view, i);
  if (context->model->config.decoder.recurrent)
    ig_ssru_forward(&context->nn, &layer->cell, &l->cell, &args, input, output);
  else
    ig_self_attention_forward(&context->nn, &layer->self_attention, &l->self_attention, &args,
                              input, output);
}

static void backward_past(ig_run_context *context, int i, const ig_decoder_layer_state *l,
                          const ig_decoder_view *view, const float *input,
                          const ig_layer_gradient *gradient) {
  const ig_decoder_layer *layer = &context->model->decoder[i];
  const ig_self_attention_args args = self_attention_args(view, i);
  if (context->model->config.decoder.recurrent)
    ig_ssru_backward(&context->nn, &layer->cell, &l->cell, &view->rows, input, gradient);
  else
    ig_self_attention_backward(&context->nn, &layer->self_attention, &l->self_attention, &args,
                               input, gradient);
}

// x (rows, d) through layer i.
static const float *forward_layer(ig_run_context *context, int i, ig_decoder_layer_state *l,
                                  const ig_decoder_view *view, const float *x) {
  ig_nn *nn = &context->nn;
  const ig_model *model = context->model;
  const ig_decoder_layer *layer = &model->decoder[i];
  const int rows = ig_ragged_rows(&view->rows);
  l->input = x;
  const ig_sublayer first =
      ig_sublayer_of(&model->config.decoder, &layer->self_attention_norm, &layer->dropout, 0);
  forward_past(context, i, l, view, ig_sublayer_input(nn, &first, &l->sublayer[0], rows, x),
               l->sublayer[0].sum);
  l->middle[0] = ig_sublayer_output(nn, &first, &l->sublayer[0], rows, x);
  const ig_sublayer second =
      ig_sublayer_of(&model->config.decoder, &layer->cross_attention_norm, &layer->dropout, 1);
  const ig_cross_attention_args cross = cross_attention_args(view, i, &layer->cross_attention);
  ig_cross_attention_forward(nn, &layer->cross_attention, &l->cross_attention, &cross,
                             ig_sublayer_input(nn, &second, &l->sublayer[1], rows, l->middle[0]),
                             l->sublayer[1].sum);
  if (view->attended && view->attended->layer == i)
    ig_cross_attention_weights(nn, &layer->cross_attention, &l->cross_attention, &cross,
                               &view->attended->weights);
  l->middle[1] = ig_sublayer_output(nn, &second, &l->sublayer[1], rows, l->middle[0]);
  const ig_sublayer third =
      ig_sublayer_of(&model->config.decoder, &layer->feed_forward_norm, &layer->dropout, 2);
  ig_feed_forward_forward(nn, &layer->feed_forward, &l->feed_forward, rows,
                          ig_sublayer_input(nn, &third, &l->sublayer[2], rows, l->middle[1]),
                          l->sublayer[2].sum);
  return ig_sublayer_output(nn, &third, &l->sublayer[2], rows, l->middle[1]);
}

const float *ig_decoder_forward(ig_run_context *context, ig_decoder_state *state,
                                const ig_decoder_view *view) {
  ig_nn *nn = &context->nn;
  const ig_model *model = context->model;
  const int rows = ig_ragged_rows(&view->rows);
  const ig_embedded embedded = ig_embedded_of_decoder(context);
  const ig_embedded_rows ids = {.rows = rows, .ids = view->ids, .position = view->position};
  const float *x = ig_embedded_forward(nn, &embedded, &state->embedded, &ids);
  for (int i = 0; i < model->config.decoder.layers; i++)
    x = forward_layer(context, i, &state->layers[i], view, x);
  const ig_stack_end end = ig_stack_end_of_decoder(model);
  return ig_stack_end_forward(nn, &end, &state->end, rows, x);
}

static void backward_layer(ig_run_context *context, int i, const ig_decoder_layer_state *l,
                           const ig_decoder_view *view, const ig_memory_gradient *memory,
                           ig_sublayer_gradient *g) {
  ig_nn *nn = &context->nn;
  const ig_model *model = context->model;
  const ig_decoder_layer *layer = &model->decoder[i];
  const bool pre = model->config.decoder.pre_norm, ends = i + 1 == backward_end(model);
  const int rows = ig_ragged_rows(&view->rows);
  const ig_sublayer third =
      ig_sublayer_of(&model->config.decoder, &layer->feed_forward_norm, &layer->dropout, 2);
  ig_sublayer_before(nn, &third, &l->sublayer[2], rows, g);
  ig_feed_forward_backward(nn, &layer->feed_forward, &l->feed_forward, rows,
                           pre ? l->sublayer[2].normed : l->middle[1], &g->function);
  ig_sublayer_after(nn, &third, &l->sublayer[2], rows, l->middle[1], g);

  const ig_sublayer second =
      ig_sublayer_of(&model->config.decoder, &layer->cross_attention_norm, &layer->dropout, 1);
  ig_sublayer_before(nn, &second, &l->sublayer[1], rows, g);
  const ig_cross_attention_args cross = cross_attention_args(view, i, &layer->cross_attention);
  const ig_cross_attention_gradient cross_gradient = {.rows = g->function,
                                                      .memory_rows = memory->rows,
                                                      .memory = memory->memory,
                                                      .dmemory = memory->dmemory};
  ig_cross_attention_backward(nn, &layer->cross_attention, &l->cross_attention, &cross,
                              pre ? l->sublayer[1].normed : l->middle[0], &cross_gradient);
  ig_sublayer_after(nn, &second, &l->sublayer[1], rows, l->middle[0], g);

  const ig_sublayer first =
      ig_sublayer_of(&model->config.decoder, &layer->self_attention_norm, &layer->dropout, 0);
  ig_sublayer_before(nn, &first, &l->sublayer[0], rows, g);
  if (ends && !pre) g->function.dinput = NULL;
  backward_past(context, i, l, view, pre ? l->sublayer[0].normed : l->input, &g->function);
  ig_sublayer_after(nn, &first, &l->sublayer[0], rows, l->input, g);
}

void ig_decoder_backward(ig_run_context *context, ig_decoder_state *state,
                         const ig_decoder_view *view, const ig_memory_gradient *memory,
                         ig_sublayer_gradient *g) {
  ig_nn *nn = &context->nn;
  const ig_model *model = context->model;
  const int rows = ig_ragged_rows(&view->rows), last = model->config.decoder.layers - 1,
            from = backward_end(model);
  if (from > last + 2) return;
  const ig_stack_end end = ig_stack_end_of_decoder(model);
  ig_stack_end_backward(nn, &end, &state->end, rows, g->gradient);
  for (int i = last; i >= 0 && i + 1 >= from; i--) {
    ig_decoder_layer_state *l = &state->layers[i];
    // The buffers of the last layer still hold what the forward left in them.
    if (state->keeping == IG_KEEPING_INPUTS && i < last)
      forward_layer(context, i, l, view, l->input);
    backward_layer(context, i, l, view, memory, g);
  }
  if (from > 0) return;
  const ig_embedded embedded = ig_embedded_of_decoder(context);
  const ig_embedded_rows ids = {.rows = rows, .ids = view->ids, .position = view->position};
  ig_embedded_backward(nn, &embedded, &state->embedded, &ids, g->gradient);
}

size_t ig_decoder_scratch(const ig_run_context *context, const ig_attention_sizes *sizes) {
  const ig_nn *nn = &context->nn;
  size_t most = 0;
  for (int i = 0; i < context->model->config.decoder.layers; i++) {
    const ig_decoder_layer *l = &context->model->decoder[i];
    most = IG_SCRATCH_MOST(
        most,
        context->model->config.decoder.recurrent
            ? ig_ssru_scratch(nn, &l->cell, sizes->rows, sizes->training)
            : ig_self_attention_scratch(nn, &l->self_attention, sizes),
        ig_cross_attention_scratch(nn, &l->cross_attention, sizes),
        ig_feed_forward_scratch(nn, &l->feed_forward, sizes->rows, sizes->training));
  }
  return most;
}
