// The walk over a model's tensors, in the order in which they lie in memory: query, key and value
// of an attention back to back, so that one product serves all three.
#include "model/layout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "model/arch/family.h"

// Streams of dropout: 16 places a layer, decoder layers far behind the encoder's.
enum {
  STREAM_SOURCE_EMBEDDING = 1,
  STREAM_TARGET_EMBEDDING = 2,
  STREAM_LAYER = 16,
  STREAM_DECODER = 16 * 2048
};
enum {
  PLACE_SUBLAYERS = 0,
  PLACE_SELF_ATTENTION = 4,
  PLACE_CROSS_ATTENTION = 5,
  PLACE_FEED_FORWARD = 6
};

// The layout of weights in inference for layers that run over whole sentences: a matrix unit takes
// many rows at a time. A decoder runs over one row of each sentence and keeps to vectors.
static const ig_weight_layout OVER_SENTENCES = IG_WEIGHT_LAYOUT_BFLOAT16_PARTS;

typedef struct ig_walk {
  ig_model *model;
  const ig_tensor_names *names;
  char prefix[64];  // of the layer at hand
  size_t next;      // parameter
  size_t capacity;  // of model->parameters while listing
  size_t offset;
  bool listing;
  ig_status status;
  ig_error *err;
} ig_walk;

typedef struct ig_place {
  const float *value;
  float *gradient;
} ig_place;

static ig_place place(ig_walk *w, bool trained, int rank, size_t rows, size_t columns,
                      const char *prefix, const char *name, const char *suffix) {
  ig_model *m = w->model;
  if (!w->listing) {
    const ig_parameter *p = &m->parameters[w->next++];
    return (ig_place){m->values + p->offset,
                      trained && m->gradients ? m->gradients + p->offset : NULL};
  }
  if (w->status != IG_OK) return (ig_place){NULL, NULL};
  w->status = ig_allocate_more((void **)&m->parameters, &w->capacity, w->next + 1,
                               sizeof *m->parameters, w->err);
  if (w->status != IG_OK) return (ig_place){NULL, NULL};
  ig_parameter *p = &m->parameters[w->next++];
  *p = (ig_parameter){.rank = rank,
                      .shape = {rank == 1 ? columns : rows, rank == 1 ? 0 : columns},
                      .count = rows * columns,
                      .offset = w->offset,
                      .trained = trained};
  snprintf(p->name, sizeof p->name, "%s%s%s", prefix, name, suffix);
  w->offset += p->count;
  m->parameter_count = w->next;
  m->value_count = w->offset;
  if (trained) m->trained_count = w->offset;
  return (ig_place){NULL, NULL};
}

static void place_matrix(ig_walk *w, ig_linear *l, size_t rows, size_t columns, const char *name,
                         const char *suffix) {
  const ig_place at = place(w, true, 2, rows, columns, w->prefix, name, suffix);
  if (l) l->weight = at.value, l->weight_gradient = at.gradient;
}

static void place_bias(ig_walk *w, ig_linear *l, size_t columns, const char *name,
                       const char *suffix) {
  if (!w->model->config.encoder.self.bias) return;
  const ig_place at = place(w, true, 1, 1, columns, w->prefix, name, suffix);
  if (l) l->bias = at.value, l->bias_gradient = at.gradient;
}

static void walk_linear(ig_walk *w, ig_linear *l, int in, int out, const char *name) {
  l->in = in, l->out = out;
  place_matrix(w, l, (size_t)out, (size_t)in, name, ".weight");
  place_bias(w, l, (size_t)out, name, ".bias");
}

static void walk_norm(ig_walk *w, ig_norm *n, const char *prefix, const char *name) {
  const ig_config *c = &w->model->config;
  n->size = c->d_model, n->eps = c->encoder.norm.eps;
  const ig_place weight = place(w, true, 1, 1, (size_t)c->d_model, prefix, name, ".weight");
  n->weight = weight.value, n->weight_gradient = weight.gradient;
  if (!c->encoder.norm.bias) return;
  const ig_place bias = place(w, true, 1, 1, (size_t)c->d_model, prefix, name, ".bias");
  n->bias = bias.value, n->bias_gradient = bias.gradient;
}

// The part of a stacked projection that starts at row `first`.
static ig_linear slice(const ig_linear *whole, int first, int out) {
  ig_linear l = {.in = whole->in, .out = out};
  const size_t skip = (size_t)first * (size_t)whole->in;
  if (whole->weight) l.weight = whole->weight + skip;
  if (whole->weight_gradient) l.weight_gradient = whole->weight_gradient + skip;
  if (whole->bias) l.bias = whole->bias + first;
  if (whole->bias_gradient) l.bias_gradient = whole->bias_gradient + first;
  return l;
}

static void walk_attention(ig_walk *w, ig_multi_head_attention *a, const ig_attention_names *names,
                           int heads, bool cross, uint32_t stream) {
  const int d = w->model->config.d_model;
  const size_t rows = (size_t)d;
  ig_linear stacked = {.in = d, .out = 3 * d};
  if (names->in_proj_weight) {
    place_matrix(w, &stacked, 3 * rows, rows, names->in_proj_weight, "");
    place_bias(w, &stacked, 3 * rows, names->in_proj_bias, "");
  } else {
    for (int i = 0; i < 3; i++)
      place_matrix(w, i ? NULL : &stacked, rows, rows, names->weight[i], "");
    for (int i = 0; i < 3; i++) place_bias(w, i ? NULL : &stacked, rows, names->bias[i], "");
  }
  a->d_model = d, a->heads = heads;
  a->scale = 1.0f / sqrtf((float)(d / heads));
  a->query = cross ? slice(&stacked, 0, d) : stacked;
  if (cross) a->key_value = slice(&stacked, d, 2 * d);
  a->key_value.layout = OVER_SENTENCES;
  a->output.in = a->output.out = d;
  place_matrix(w, &a->output, rows, rows, names->out_weight, "");
  place_bias(w, &a->output, rows, names->out_bias, "");
  a->dropout = (ig_dropout){.probability = w->model->config.encoder.self.dropout, .stream = stream};
}

static void walk_feed_forward(ig_walk *w, ig_feed_forward *f, int ffn, uint32_t stream) {
  const ig_config *c = &w->model->config;
  walk_linear(w, &f->inner, c->d_model, ffn, w->names->inner);
  walk_linear(w, &f->outer, ffn, c->d_model, w->names->outer);
  f->activation = c->encoder.feed_forward.activation;
  f->dropout = (ig_dropout){.probability = c->encoder.feed_forward.dropout, .stream = stream};
}

// Prefixes of families hold one %d; anything else in them stands for itself.
static void set_prefix(ig_walk *w, const char *pattern, int layer) {
  const char *number = strstr(pattern, "%d");
  snprintf(w->prefix, sizeof w->prefix, "%.*s%d%s", (int)(number - pattern), pattern, layer,
           number + 2);
}

static void set_layout_over_sentences(ig_encoder_layer *l) {
  l->self_attention.query.layout = OVER_SENTENCES;
  l->self_attention.output.layout = OVER_SENTENCES;
  l->feed_forward.inner.layout = OVER_SENTENCES;
  l->feed_forward.outer.layout = OVER_SENTENCES;
}

static void walk_encoder(ig_walk *w) {
  const ig_config *c = &w->model->config;
  for (int i = 0; i < c->encoder.layers; i++) {
    ig_encoder_layer *l = &w->model->encoder[i];
    const uint32_t stream = STREAM_LAYER * (uint32_t)(i + 1);
    set_prefix(w, w->names->encoder_layer, i);
    walk_attention(w, &l->self_attention, &w->names->self_attention, c->encoder.self.heads, false,
                   stream + PLACE_SELF_ATTENTION);
    walk_norm(w, &l->self_attention_norm, w->prefix, w->names->encoder_self_norm);
    walk_feed_forward(w, &l->feed_forward, c->encoder.feed_forward.inner,
                      stream + PLACE_FEED_FORWARD);
    walk_norm(w, &l->feed_forward_norm, w->prefix, w->names->encoder_feed_forward_norm);
    set_layout_over_sentences(l);
    l->dropout =
        (ig_dropout){.probability = c->encoder.dropout, .stream = stream + PLACE_SUBLAYERS};
  }
  if (c->encoder.final_norm) walk_norm(w, &w->model->encoder_norm, "", w->names->encoder_norm);
}

static void walk_decoder(ig_walk *w) {
  const ig_config *c = &w->model->config;
  for (int i = 0; i < c->decoder.layers; i++) {
    ig_decoder_layer *l = &w->model->decoder[i];
    const uint32_t stream = STREAM_DECODER + STREAM_LAYER * (uint32_t)(i + 1);
    set_prefix(w, w->names->decoder_layer, i);
    walk_attention(w, &l->self_attention, &w->names->self_attention, c->decoder.self.heads, false,
                   stream + PLACE_SELF_ATTENTION);
    walk_norm(w, &l->self_attention_norm, w->prefix, w->names->decoder_self_norm);
    walk_attention(w, &l->cross_attention, &w->names->cross_attention, c->decoder.self.heads, true,
                   stream + PLACE_CROSS_ATTENTION);
    walk_norm(w, &l->cross_attention_norm, w->prefix, w->names->decoder_cross_norm);
    walk_feed_forward(w, &l->feed_forward, c->decoder.feed_forward.inner,
                      stream + PLACE_FEED_FORWARD);
    walk_norm(w, &l->feed_forward_norm, w->prefix, w->names->decoder_feed_forward_norm);
    l->dropout =
        (ig_dropout){.probability = c->decoder.dropout, .stream = stream + PLACE_SUBLAYERS};
  }
  if (c->decoder.final_norm) walk_norm(w, &w->model->decoder_norm, "", w->names->decoder_norm);
}

static ig_embedding walk_embedding(ig_walk *w, int vocabulary, const char *name) {
  const ig_config *c = &w->model->config;
  const ig_place at = place(w, true, 2, (size_t)vocabulary, (size_t)c->d_model, "", name, "");
  return (ig_embedding){.vocabulary = vocabulary,
                        .size = c->d_model,
                        .weight = at.value,
                        .weight_gradient = at.gradient,
                        .scale = c->scale_embedding ? sqrtf((float)c->d_model) : 1.0f,
                        .frozen_id = c->frozen_pad_embedding ? c->pad_id : -1};
}

static void walk_output(ig_walk *w) {
  ig_model *m = w->model;
  const ig_config *c = &m->config;
  const size_t vocabulary = (size_t)c->target_vocab_size;
  m->output = (ig_linear){.in = c->d_model, .out = c->target_vocab_size};
  if (c->tied_output) {
    m->output.weight = m->target_embedding.weight,
    m->output.weight_gradient = m->target_embedding.weight_gradient;
  } else {
    const ig_place weight =
        place(w, true, 2, vocabulary, (size_t)c->d_model, "", w->names->output, ".weight");
    m->output.weight = weight.value, m->output.weight_gradient = weight.gradient;
  }
  if (c->output_bias) {
    const ig_place bias = place(w, true, 1, 1, vocabulary, "", w->names->output, ".bias");
    m->output.bias = bias.value, m->output.bias_gradient = bias.gradient;
  } else if (c->logits_bias) {  // not trained, so last: trained values are one stretch
    m->output.bias = place(w, false, 2, 1, vocabulary, "", w->names->logits_bias, "").value;
  }
}

static void walk_model(ig_walk *w) {
  ig_model *m = w->model;
  const ig_config *c = &m->config;
  if (c->shared_embedding) {
    m->source_embedding = walk_embedding(w, c->vocab_size, w->names->shared_embedding);
    m->target_embedding = m->source_embedding;
  } else {
    m->source_embedding = walk_embedding(w, c->vocab_size, w->names->source_embedding);
    m->target_embedding = walk_embedding(w, c->target_vocab_size, w->names->target_embedding);
  }
  m->source_dropout =
      (ig_dropout){.probability = c->encoder.dropout, .stream = STREAM_SOURCE_EMBEDDING};
  m->target_dropout =
      (ig_dropout){.probability = c->decoder.dropout, .stream = STREAM_TARGET_EMBEDDING};
  walk_encoder(w);
  walk_decoder(w);
  walk_output(w);
}

void ig_layout_wire(ig_model *model) {
  ig_walk w = {.model = model, .names = &model->config.family->names};
  walk_model(&w);
}

ig_status ig_layout_reserve(ig_arena *arena, size_t count, float **out, ig_error *err) {
  ig_arena plan = ig_arena_measure();
  ig_arena_take(&plan, count, sizeof(float));
  IG_TRY(ig_arena_create(arena, plan.peak, err));
  *out = IG_TAKE(arena, float, count);
  return IG_OK;
}

ig_status ig_layout_make(ig_model *model, ig_error *err) {
  const ig_config *c = &model->config;
  model->encoder = ig_allocate((size_t)c->encoder.layers, sizeof *model->encoder, err);
  if (!model->encoder) return IG_ERROR_MEMORY;
  model->decoder = ig_allocate((size_t)c->decoder.layers, sizeof *model->decoder, err);
  if (!model->decoder) return IG_ERROR_MEMORY;
  ig_walk w = {.model = model, .names = &model->config.family->names, .listing = true, .err = err};
  walk_model(&w);
  IG_TRY(w.status);
  IG_TRY(ig_layout_reserve(&model->memory, model->value_count, &model->values, err));
  ig_layout_wire(model);
  return IG_OK;
}

void ig_layout_linears(ig_model *m, void (*visit)(void *context, ig_linear *linear),
                       void *context) {
  for (int i = 0; i < m->config.encoder.layers; i++) {
    ig_encoder_layer *l = &m->encoder[i];
    ig_linear *all[] = {&l->self_attention.query, &l->self_attention.output, &l->feed_forward.inner,
                        &l->feed_forward.outer};
    for (size_t j = 0; j < sizeof all / sizeof *all; j++) visit(context, all[j]);
  }
  for (int i = 0; i < m->config.decoder.layers; i++) {
    ig_decoder_layer *l = &m->decoder[i];
    ig_linear *all[] = {&l->self_attention.query,   &l->self_attention.output,
                        &l->cross_attention.query,  &l->cross_attention.key_value,
                        &l->cross_attention.output, &l->feed_forward.inner,
                        &l->feed_forward.outer};
    for (size_t j = 0; j < sizeof all / sizeof *all; j++) visit(context, all[j]);
  }
  visit(context, &m->output);
}

bool ig_layout_is_embedding(const ig_model *m, const ig_parameter *p) {
  const float *values = m->values + p->offset;
  return values == m->source_embedding.weight || values == m->target_embedding.weight;
}
