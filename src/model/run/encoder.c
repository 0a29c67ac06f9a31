// The encoder, forward and backward.
#include "model/run/encoder.h"

#include "nn/dropout.h"

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
  state->embedded = IG_TAKE(arena, float, (size_t)rows *d);
  for (int i = 0; i < c->encoder_layers; i++) {
    ig_encoder_layer_state *l = &state->layers[i];
    if (i == 0 || keeping == IG_KEEPING_ALL)
      carve_layer(l, arena, model, &model->encoder[i], rows, keeping != IG_KEEPING_NOTHING);
    else
      *l = state->layers[0];
    if (i > 0 && keeping == IG_KEEPING_INPUTS)
      *ig_sublayer_output_buffer(model, &l->sublayer[1]) = IG_TAKE(arena, float, (size_t)rows *d);
  }
  if (c->final_norm) ig_sublayer_carve(&state->final, arena, rows, c->d_model);
}

// x (rows, d) through layer i.
static const float *layer_forward(ig_nn *nn, const ig_model *model, int i,
                                  ig_encoder_layer_state *l, const ig_ragged *source,
                                  const ig_attention_mask *mask, const float *x) {
  const ig_encoder_layer *layer = &model->encoder[i];
  const int rows = ig_ragged_rows(source);
  l->input = x;
  const ig_sublayer first = ig_sublayer_of(model, &layer->self_attention_norm, &layer->dropout, 0);
  ig_self_attention_forward(nn, &layer->self_attention, &l->self_attention,
                            &(ig_self_attention_args){.rows = *source, .mask = mask},
                            ig_sublayer_input(nn, &first, &l->sublayer[0], rows, x),
                            l->sublayer[0].sum);
  x = l->middle = ig_sublayer_output(nn, &first, &l->sublayer[0], rows, x);
  const ig_sublayer second = ig_sublayer_of(model, &layer->feed_forward_norm, &layer->dropout, 1);
  ig_feed_forward_forward(nn, &layer->feed_forward, &l->feed_forward, rows,
                          ig_sublayer_input(nn, &second, &l->sublayer[1], rows, x),
                          l->sublayer[1].sum);
  return ig_sublayer_output(nn, &second, &l->sublayer[1], rows, x);
}

const float *ig_encoder_forward(ig_nn *nn, const ig_model *model, ig_encoder_state *state,
                                const ig_ragged *source, const int *ids, const float *positions,
                                const ig_attention_mask *mask) {
  const ig_config *c = &model->config;
  const int rows = ig_ragged_rows(source);
  for (int s = 0; s < source->sequences; s++)
    for (int r = source->offsets[s]; r < source->offsets[s + 1]; r++)
      state->position[r] = r - source->offsets[s];
  ig_embedding_forward(nn, &model->source_embedding, rows, ids, state->position, positions,
                       state->embedded);
  ig_dropout_forward(nn, &model->source_dropout, rows, c->d_model, state->embedded,
                     state->embedded);

  const float *x = state->embedded;
  for (int i = 0; i < c->encoder_layers; i++)
    x = layer_forward(nn, model, i, &state->layers[i], source, mask, x);
  if (!c->final_norm) return x;
  state->final_input = x;
  ig_norm_forward(nn, &model->encoder_norm, &state->final.norm, rows, x, state->final.normed);
  return state->final.normed;
}

static void layer_backward(ig_nn *nn, const ig_model *model, int i, const ig_encoder_layer_state *l,
                           const ig_ragged *source, const ig_attention_mask *mask,
                           ig_sublayer_gradient *g) {
  const ig_encoder_layer *layer = &model->encoder[i];
  const bool pre = model->config.pre_norm;
  const int rows = ig_ragged_rows(source);
  const ig_sublayer second = ig_sublayer_of(model, &layer->feed_forward_norm, &layer->dropout, 1);
  ig_sublayer_before(nn, &second, &l->sublayer[1], rows, g);
  ig_feed_forward_backward(nn, &layer->feed_forward, &l->feed_forward, rows,
                           pre ? l->sublayer[1].normed : l->middle, &g->function);
  ig_sublayer_after(nn, &second, &l->sublayer[1], rows, l->middle, g);
  const ig_sublayer first = ig_sublayer_of(model, &layer->self_attention_norm, &layer->dropout, 0);
  ig_sublayer_before(nn, &first, &l->sublayer[0], rows, g);
  ig_self_attention_backward(nn, &layer->self_attention, &l->self_attention,
                             &(ig_self_attention_args){.rows = *source, .mask = mask},
                             pre ? l->sublayer[0].normed : l->input, &g->function);
  ig_sublayer_after(nn, &first, &l->sublayer[0], rows, l->input, g);
}

void ig_encoder_backward(ig_nn *nn, const ig_model *model, ig_encoder_state *state,
                         const ig_ragged *source, const int *ids, const ig_attention_mask *mask,
                         float *gradient, float *dropped, float *normed) {
  const ig_config *c = &model->config;
  const int rows = ig_ragged_rows(source), last = c->encoder_layers - 1;
  ig_sublayer_gradient g = {.gradient = gradient, .dropped = dropped, .normed = normed};
  if (c->final_norm)
    ig_norm_backward(nn, &model->encoder_norm, &state->final.norm, rows, state->final_input,
                     gradient, gradient);
  for (int i = last; i >= 0; i--) {
    ig_encoder_layer_state *l = &state->layers[i];
    if (state->keeping == IG_KEEPING_INPUTS && i < last)
      layer_forward(nn, model, i, l, source, mask, l->input);  // the last one's buffers still stand
    layer_backward(nn, model, i, l, source, mask, &g);
  }
  ig_dropout_forward(nn, &model->source_dropout, rows, c->d_model, gradient, gradient);
  ig_embedding_backward(nn, &model->source_embedding, rows, ids, gradient);
}

size_t ig_encoder_scratch(const ig_nn *nn, const ig_model *model, int rows, int longest,
                          bool training) {
  const ig_attention_sizes sizes = {.rows = rows, .max_keys = longest, .training = training};
  size_t most = 0;
  for (int i = 0; i < model->config.encoder_layers; i++) {
    const size_t attention =
        ig_self_attention_scratch(nn, &model->encoder[i].self_attention, &sizes);
    const size_t feed_forward =
        ig_feed_forward_scratch(nn, &model->encoder[i].feed_forward, rows, training);
    if (attention > most) most = attention;
    if (feed_forward > most) most = feed_forward;
  }
  return most;
}
