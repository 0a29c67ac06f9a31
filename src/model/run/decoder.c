// The decoder, forward and backward. Training, scoring and stepwise decoding all come through
// ig_decoder_forward.
#include "model/run/decoder.h"

#include "nn/dropout.h"
#include "nn/scratch.h"

static ig_keys memory_keys(const ig_decoder_view *view, int layer, int d) {
  const float *rows = view->key_value[layer];
  return (ig_keys){.key = rows,
                   .value = rows + d,
                   .stride = 2 * (size_t)d,
                   .begin = view->memory_begin,
                   .length = view->memory_length};
}

static void carve_layer(ig_decoder_layer_state *l, ig_arena *arena, const ig_model *model,
                        const ig_decoder_layer *layer, int rows, bool training) {
  ig_self_attention_carve(&l->self_attention, arena, &layer->self_attention, rows);
  ig_cross_attention_carve(&l->cross_attention, arena, &layer->cross_attention, rows);
  ig_feed_forward_carve(&l->feed_forward, arena, &layer->feed_forward, rows, training);
  for (int j = 0; j < 3; j++)
    ig_sublayer_carve(&l->sublayer[j], arena, rows, model->config.d_model);
}

void ig_decoder_carve(ig_decoder_state *state, ig_arena *arena, const ig_model *model, int rows,
                      ig_keeping keeping) {
  const ig_config *c = &model->config;
  const size_t d = (size_t)c->d_model;
  state->keeping = keeping;
  state->embedded = IG_TAKE(arena, float, (size_t)rows *d);
  for (int i = 0; i < c->decoder_layers; i++) {
    ig_decoder_layer_state *l = &state->layers[i];
    if (i == 0 || keeping == IG_KEEPING_ALL)
      carve_layer(l, arena, model, &model->decoder[i], rows, keeping != IG_KEEPING_NOTHING);
    else
      *l = state->layers[0];
    if (i > 0 && keeping == IG_KEEPING_INPUTS)
      *ig_sublayer_output_buffer(model, &l->sublayer[2]) = IG_TAKE(arena, float, (size_t)rows *d);
  }
  if (c->final_norm) ig_sublayer_carve(&state->final, arena, rows, c->d_model);
}

void ig_decoder_memory(ig_nn *nn, const ig_model *model, int memory_rows, const float *memory,
                       float *const *key_value) {
  for (int i = 0; i < model->config.decoder_layers; i++)
    ig_cross_attention_keys(nn, &model->decoder[i].cross_attention, memory_rows, memory,
                            key_value[i]);
}

// x (rows, d) through layer i.
static const float *layer_forward(ig_nn *nn, const ig_model *model, int i,
                                  ig_decoder_layer_state *l, const ig_decoder_view *view,
                                  const float *x) {
  const ig_decoder_layer *layer = &model->decoder[i];
  const int rows = ig_ragged_rows(&view->rows);
  l->input = x;
  const ig_sublayer first = ig_sublayer_of(model, &layer->self_attention_norm, &layer->dropout, 0);
  const ig_self_attention_args self = {
      .rows = view->rows, .mask = &view->self_mask, .cache = view->cache ? &view->cache[i] : NULL};
  ig_self_attention_forward(nn, &layer->self_attention, &l->self_attention, &self,
                            ig_sublayer_input(nn, &first, &l->sublayer[0], rows, x),
                            l->sublayer[0].sum);
  x = l->middle[0] = ig_sublayer_output(nn, &first, &l->sublayer[0], rows, x);
  const ig_sublayer second =
      ig_sublayer_of(model, &layer->cross_attention_norm, &layer->dropout, 1);
  const ig_cross_attention_args cross = {.rows = view->rows,
                                         .keys = memory_keys(view, i, model->config.d_model),
                                         .mask = &view->cross_mask};
  ig_cross_attention_forward(nn, &layer->cross_attention, &l->cross_attention, &cross,
                             ig_sublayer_input(nn, &second, &l->sublayer[1], rows, x),
                             l->sublayer[1].sum);
  x = l->middle[1] = ig_sublayer_output(nn, &second, &l->sublayer[1], rows, x);
  const ig_sublayer third = ig_sublayer_of(model, &layer->feed_forward_norm, &layer->dropout, 2);
  ig_feed_forward_forward(nn, &layer->feed_forward, &l->feed_forward, rows,
                          ig_sublayer_input(nn, &third, &l->sublayer[2], rows, x),
                          l->sublayer[2].sum);
  return ig_sublayer_output(nn, &third, &l->sublayer[2], rows, x);
}

const float *ig_decoder_forward(ig_nn *nn, const ig_model *model, ig_decoder_state *state,
                                const ig_decoder_view *view) {
  const ig_config *c = &model->config;
  const int rows = ig_ragged_rows(&view->rows);
  ig_embedding_forward(nn, &model->target_embedding, rows, view->ids, view->position,
                       view->positions, state->embedded);
  ig_dropout_forward(nn, &model->target_dropout, rows, c->d_model, state->embedded,
                     state->embedded);

  const float *x = state->embedded;
  for (int i = 0; i < c->decoder_layers; i++)
    x = layer_forward(nn, model, i, &state->layers[i], view, x);
  if (!c->final_norm) return x;
  state->final_input = x;
  ig_norm_forward(nn, &model->decoder_norm, &state->final.norm, rows, x, state->final.normed);
  return state->final.normed;
}

static void layer_backward(ig_nn *nn, const ig_model *model, int i, const ig_decoder_layer_state *l,
                           const ig_decoder_view *view, const ig_decoder_backward_args *args,
                           ig_sublayer_gradient *g) {
  const ig_decoder_layer *layer = &model->decoder[i];
  const bool pre = model->config.pre_norm;
  const int rows = ig_ragged_rows(&view->rows);
  const ig_sublayer third = ig_sublayer_of(model, &layer->feed_forward_norm, &layer->dropout, 2);
  ig_sublayer_before(nn, &third, &l->sublayer[2], rows, g);
  ig_feed_forward_backward(nn, &layer->feed_forward, &l->feed_forward, rows,
                           pre ? l->sublayer[2].normed : l->middle[1], &g->function);
  ig_sublayer_after(nn, &third, &l->sublayer[2], rows, l->middle[1], g);

  const ig_sublayer second =
      ig_sublayer_of(model, &layer->cross_attention_norm, &layer->dropout, 1);
  const ig_cross_attention_args cross = {.rows = view->rows,
                                         .keys = memory_keys(view, i, model->config.d_model),
                                         .mask = &view->cross_mask};
  ig_sublayer_before(nn, &second, &l->sublayer[1], rows, g);
  const ig_cross_attention_gradient cross_gradient = {.rows = g->function,
                                                      .memory_rows = args->memory_rows,
                                                      .memory = args->memory,
                                                      .dmemory = args->dmemory};
  ig_cross_attention_backward(nn, &layer->cross_attention, &l->cross_attention, &cross,
                              pre ? l->sublayer[1].normed : l->middle[0], &cross_gradient);
  ig_sublayer_after(nn, &second, &l->sublayer[1], rows, l->middle[0], g);

  const ig_sublayer first = ig_sublayer_of(model, &layer->self_attention_norm, &layer->dropout, 0);
  ig_sublayer_before(nn, &first, &l->sublayer[0], rows, g);
  ig_self_attention_backward(
      nn, &layer->self_attention, &l->self_attention,
      &(ig_self_attention_args){.rows = view->rows, .mask = &view->self_mask},
      pre ? l->sublayer[0].normed : l->input, &g->function);
  ig_sublayer_after(nn, &first, &l->sublayer[0], rows, l->input, g);
}

void ig_decoder_backward(ig_nn *nn, const ig_model *model, ig_decoder_state *state,
                         const ig_decoder_view *view, const ig_decoder_backward_args *args) {
  const ig_config *c = &model->config;
  const int rows = ig_ragged_rows(&view->rows), last = c->decoder_layers - 1;
  ig_sublayer_gradient g = {
      .gradient = args->gradient, .dropped = args->dropped, .normed = args->normed};
  if (c->final_norm)
    ig_norm_backward(nn, &model->decoder_norm, &state->final.norm, rows, state->final_input,
                     g.gradient, g.gradient);
  for (int i = last; i >= 0; i--) {
    ig_decoder_layer_state *l = &state->layers[i];
    if (state->keeping == IG_KEEPING_INPUTS && i < last)
      layer_forward(nn, model, i, l, view, l->input);  // the last one's buffers still stand
    layer_backward(nn, model, i, l, view, args, &g);
  }
  ig_dropout_forward(nn, &model->target_dropout, rows, c->d_model, g.gradient, g.gradient);
  ig_embedding_backward(nn, &model->target_embedding, rows, view->ids, g.gradient);
}

size_t ig_decoder_scratch(const ig_nn *nn, const ig_model *model, const ig_attention_sizes *sizes) {
  size_t most = 0;
  for (int i = 0; i < model->config.decoder_layers; i++) {
    const ig_decoder_layer *l = &model->decoder[i];
    most = IG_SCRATCH_MOST(
        most, ig_self_attention_scratch(nn, &l->self_attention, sizes),
        ig_cross_attention_scratch(nn, &l->cross_attention, sizes),
        ig_feed_forward_scratch(nn, &l->feed_forward, sizes->rows, sizes->training));
  }
  return most;
}
