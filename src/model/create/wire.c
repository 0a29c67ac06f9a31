// What the layers of a model are (sizes, dropouts), and which tensors they read.
#include "model/create/wire.h"

#include <math.h>

#include "model/arch/tensor_row.h"

// Streams of dropout: 16 numbers a layer, those of decoder layers far after the encoder's.
enum {
  STREAM_SOURCE_EMBEDDING = 1,
  STREAM_TARGET_EMBEDDING = 2,
  STREAM_ENCODER_END = 3,
  STREAM_DECODER_END = 4,
  STREAM_LAYER = 16,
  STREAM_DECODER = 16 * 2048
};
// Within a layer.
enum {
  STREAM_SUBLAYERS = 0,
  STREAM_SELF_ATTENTION = 4,
  STREAM_CROSS_ATTENTION = 5,
  STREAM_FEED_FORWARD = 6
};

// The layout of weights in inference for layers that run over whole sentences: a matrix unit takes
// many rows at a time. A decoder runs over one row of each sentence and keeps to vectors.
static const ig_weight_layout OVER_SENTENCES = IG_WEIGHT_LAYOUT_BFLOAT16_PARTS;

// ---- sizes and dropouts -----------------------------------------------------

static ig_multi_head_attention attention_of(const ig_config *c, const ig_attention_shape *shape,
                                            uint32_t stream) {
  const int d = c->d_model, width = ig_config_attention_width(c, shape),
            head_dim = width / shape->heads;
  return (ig_multi_head_attention){.heads = shape->heads,
                                   .head_dim = head_dim,
                                   .scale = shape->unscaled ? 1.0f : 1.0f / sqrtf((float)head_dim),
                                   .query = {.in = d, .out = 3 * width},
                                   .output = {.in = width, .out = d},
                                   .dropout = {.probability = shape->dropout, .stream = stream}};
}

static ig_multi_head_attention cross_attention_of(const ig_config *c,
                                                  const ig_attention_shape *shape,
                                                  uint32_t stream) {
  ig_multi_head_attention a = attention_of(c, shape, stream);
  const int width = a.output.in;
  a.query.out = width;
  a.key_value = (ig_linear){.in = c->d_model, .out = 2 * width, .layout = OVER_SENTENCES};
  return a;
}

static ig_feed_forward feed_forward_of(int d, const ig_feed_forward_shape *shape, uint32_t stream) {
  return (ig_feed_forward){.inner = {.in = d, .out = (shape->gated ? 2 : 1) * shape->inner},
                           .outer = {.in = shape->inner, .out = d},
                           .activation = shape->activation,
                           .gated = shape->gated,
                           .dropout = {.probability = shape->dropout, .stream = stream}};
}

static ig_norm norm_of(int d, const ig_norm_shape *shape) {
  return (ig_norm){.size = d, .eps = shape->eps, .rms = shape->rms};
}

static ig_relative_bias bias_of(const ig_relative_buckets *buckets,
                                const ig_attention_shape *shape) {
  return (ig_relative_bias){.buckets = buckets, .heads = shape->heads};
}

static ig_dropout end_dropout_of(const ig_stack_shape *stack, uint32_t stream) {
  return (ig_dropout){.probability = stack->final_dropout ? stack->dropout : 0, .stream = stream};
}

static void shape_encoder(ig_model *m) {
  const int d = m->config.d_model;
  const ig_stack_shape *s = &m->config.encoder;
  const ig_norm norm = norm_of(d, &s->norm);
  for (int i = 0; i < ig_config_stored_layers(s); i++) {
    const uint32_t stream = STREAM_LAYER * (uint32_t)(i + 1);
    ig_encoder_layer *l = &m->encoder[i];
    *l = (ig_encoder_layer){
        .self_attention = attention_of(&m->config, &s->self, stream + STREAM_SELF_ATTENTION),
        .feed_forward = feed_forward_of(d, &s->feed_forward, stream + STREAM_FEED_FORWARD),
        .self_attention_norm = norm,
        .feed_forward_norm = norm,
        .dropout = {.probability = s->dropout, .stream = stream + STREAM_SUBLAYERS}};
    l->self_attention.bias = bias_of(&m->encoder_buckets, &s->self);
    l->self_attention.query.layout = OVER_SENTENCES;
    l->self_attention.output.layout = OVER_SENTENCES;
    l->feed_forward.inner.layout = OVER_SENTENCES;
    l->feed_forward.outer.layout = OVER_SENTENCES;
  }
  m->encoder_norm = norm;
  m->encoder_embedding_norm = norm_of(ig_config_embedding_columns(&m->config), &s->norm);
  m->embedding_projection = (ig_linear){0};
  if (m->config.embedding_size)
    m->embedding_projection =
        (ig_linear){.in = m->config.embedding_size, .out = d, .layout = OVER_SENTENCES};
  m->source_dropout = (ig_dropout){.probability = s->dropout, .stream = STREAM_SOURCE_EMBEDDING};
  m->encoder_end_dropout = end_dropout_of(s, STREAM_ENCODER_END);
}

static void shape_decoder(ig_model *m) {
  const int d = m->config.d_model;
  const ig_stack_shape *s = &m->config.decoder;
  const ig_norm norm = norm_of(d, &s->norm);
  for (int i = 0; i < s->layers; i++) {
    const uint32_t stream = STREAM_DECODER + STREAM_LAYER * (uint32_t)(i + 1);
    m->decoder[i] = (ig_decoder_layer){
        .self_attention = attention_of(&m->config, &s->self, stream + STREAM_SELF_ATTENTION),
        .cross_attention =
            cross_attention_of(&m->config, &s->cross, stream + STREAM_CROSS_ATTENTION),
        .feed_forward = feed_forward_of(d, &s->feed_forward, stream + STREAM_FEED_FORWARD),
        .self_attention_norm = norm,
        .cross_attention_norm = norm,
        .feed_forward_norm = norm,
        .dropout = {.probability = s->dropout, .stream = stream + STREAM_SUBLAYERS}};
    m->decoder[i].self_attention.bias = bias_of(&m->decoder_buckets, &s->self);
    m->decoder[i].cell = (ig_ssru){.candidate = {.in = d, .out = d}, .forget = {.in = d, .out = d}};
  }
  m->decoder_norm = norm;
  m->decoder_embedding_norm = norm;
  m->target_dropout = (ig_dropout){.probability = s->dropout, .stream = STREAM_TARGET_EMBEDDING};
  m->decoder_end_dropout = end_dropout_of(s, STREAM_DECODER_END);
  m->hidden_scale = m->config.scaled_output ? 1.0f / sqrtf((float)d) : 1.0f;
}

static ig_embedding embedding_of(const ig_config *c, int vocabulary) {
  return (ig_embedding){.vocabulary = vocabulary,
                        .size = ig_config_embedding_columns(c),
                        .scale = c->scale_embedding ? sqrtf((float)c->d_model) : 1.0f,
                        .frozen_id = c->frozen_pad_embedding ? c->pad_id : -1};
}

// The table of positions of a stack, whose tensor is not known yet.
static ig_embedding positions_of(const ig_config *c) {
  return (ig_embedding){.vocabulary = c->positions.count,
                        .size = ig_config_embedding_columns(c),
                        .scale = 1.0f,
                        .frozen_id = -1};
}

// ---- tensors ----------------------------------------------------------------

// The pointers of a layer that a tensor fills.
typedef struct slot {
  const float **value;  // NULL: none, because the pointers of a neighbour serve
  float **gradient;
} slot;

static slot linear_slot(ig_linear *l, bool bias) {
  return bias ? (slot){&l->bias, &l->bias_gradient} : (slot){&l->weight, &l->weight_gradient};
}

static slot norm_slot(ig_norm *n, bool bias) {
  return bias ? (slot){&n->bias, &n->bias_gradient} : (slot){&n->weight, &n->weight_gradient};
}

static slot bias_slot(ig_relative_bias *b) { return (slot){&b->weight, &b->weight_gradient}; }

static slot embedding_slot(ig_embedding *e) { return (slot){&e->weight, &e->weight_gradient}; }

// The parts of one layer; an encoder layer has no cross-attention.
typedef struct layer_parts {
  ig_multi_head_attention *self, *cross;
  ig_ssru *cell;
  ig_feed_forward *feed_forward;
  ig_norm *self_norm, *cross_norm, *feed_forward_norm;
} layer_parts;

static layer_parts parts_of(ig_model *m, ig_stack stack, int layer) {
  if (stack == IG_STACK_ENCODER) {
    ig_encoder_layer *l = &m->encoder[layer];
    return (layer_parts){.self = &l->self_attention,
                         .feed_forward = &l->feed_forward,
                         .self_norm = &l->self_attention_norm,
                         .feed_forward_norm = &l->feed_forward_norm};
  }
  ig_decoder_layer *l = &m->decoder[layer];
  return (layer_parts){.self = &l->self_attention,
                       .cross = &l->cross_attention,
                       .cell = &l->cell,
                       .feed_forward = &l->feed_forward,
                       .self_norm = &l->self_attention_norm,
                       .cross_norm = &l->cross_attention_norm,
                       .feed_forward_norm = &l->feed_forward_norm};
}

static slot layer_slot(const layer_parts *l, const ig_tensor_row *row) {
  switch (row->part) {
    case IG_PART_SELF_PROJECTIONS:
    case IG_PART_SELF_QUERY: return linear_slot(&l->self->query, row->bias);
    case IG_PART_SELF_OUTPUT: return linear_slot(&l->self->output, row->bias);
    case IG_PART_CROSS_PROJECTIONS:
    case IG_PART_CROSS_QUERY: return linear_slot(&l->cross->query, row->bias);
    case IG_PART_CROSS_OUTPUT: return linear_slot(&l->cross->output, row->bias);
    case IG_PART_CELL_CANDIDATE: return linear_slot(&l->cell->candidate, row->bias);
    case IG_PART_CELL_FORGET: return linear_slot(&l->cell->forget, row->bias);
    case IG_PART_RELATIVE_BIAS: return bias_slot(&l->self->bias);
    case IG_PART_INNER:
    case IG_PART_GATE: return linear_slot(&l->feed_forward->inner, row->bias);
    case IG_PART_OUTER: return linear_slot(&l->feed_forward->outer, row->bias);
    case IG_PART_SELF_NORM: return norm_slot(l->self_norm, row->bias);
    case IG_PART_CROSS_NORM: return norm_slot(l->cross_norm, row->bias);
    case IG_PART_FEED_FORWARD_NORM: return norm_slot(l->feed_forward_norm, row->bias);
    default:
      return (slot){NULL, NULL};  // keys and values lie after the query, and GATED after GATE
  }
}

static slot slot_of(ig_model *m, const ig_parameter *p) {
  const ig_tensor_row *row = p->row;
  const bool encoder = row->stack == IG_STACK_ENCODER;
  switch (row->part) {
    case IG_PART_SHARED_EMBEDDING:
    case IG_PART_SOURCE_EMBEDDING: return embedding_slot(&m->source_embedding);
    case IG_PART_TARGET_EMBEDDING: return embedding_slot(&m->target_embedding);
    case IG_PART_TOKEN_TYPES: return embedding_slot(&m->token_types);
    case IG_PART_HEAD_DENSE: return linear_slot(&m->head_dense, row->bias);
    case IG_PART_HEAD_NORM: return norm_slot(&m->head_norm, row->bias);
    case IG_PART_OUTPUT: return linear_slot(&m->output, row->bias);
    case IG_PART_LOGITS_BIAS: return linear_slot(&m->output, true);
    case IG_PART_POSITIONS:
    case IG_PART_LEARNED_POSITIONS:
      return embedding_slot(encoder ? &m->encoder_positions : &m->decoder_positions);
    case IG_PART_EMBEDDING_NORM:
      return norm_slot(encoder ? &m->encoder_embedding_norm : &m->decoder_embedding_norm,
                       row->bias);
    case IG_PART_EMBEDDING_PROJECTION: return linear_slot(&m->embedding_projection, row->bias);
    case IG_PART_FINAL_NORM:
      return norm_slot(encoder ? &m->encoder_norm : &m->decoder_norm, row->bias);
    default: {
      const layer_parts parts = parts_of(m, row->stack, p->layer);
      return layer_slot(&parts, row);
    }
  }
}

// Keys and values of cross-attention are the rows after the query's, in one tensor or in three.
static void wire_key_value(ig_multi_head_attention *a) {
  const ig_linear *q = &a->query;
  const size_t rows = (size_t)q->out, values = rows * (size_t)q->in;
  a->key_value.weight = q->weight + values;
  if (q->weight_gradient) a->key_value.weight_gradient = q->weight_gradient + values;
  if (q->bias) a->key_value.bias = q->bias + rows;
  if (q->bias_gradient) a->key_value.bias_gradient = q->bias_gradient + rows;
}

// Layers without a table of their own have that of the layer before.
static void wire_shared_biases(ig_model *m) {
  for (int i = 1; i < ig_config_stored_layers(&m->config.encoder); i++) {
    ig_multi_head_attention *own = &m->encoder[i].self_attention;
    if (!own->bias.weight) own->bias = m->encoder[i - 1].self_attention.bias;
  }
  for (int i = 1; i < m->config.decoder.layers; i++) {
    ig_multi_head_attention *own = &m->decoder[i].self_attention;
    if (!own->bias.weight) own->bias = m->decoder[i - 1].self_attention.bias;
  }
}

// A trained table has rows before the first position's.
static void wire_learned_positions(const ig_config *c, ig_embedding *positions) {
  if (c->positions.kind != IG_POSITION_LEARNED || !positions->weight) return;
  const size_t skip = (size_t)c->positions.offset * (size_t)positions->size;
  positions->weight += skip;
  if (positions->weight_gradient) positions->weight_gradient += skip;
}

static void wire_ties(ig_model *m) {
  const ig_config *c = &m->config;
  if (c->shared_embedding) m->target_embedding = m->source_embedding;
  if (c->tied_output && ig_config_outputs(c)) {
    m->output.weight = m->target_embedding.weight;
    m->output.weight_gradient = m->target_embedding.weight_gradient;
  }
}

static bool has_part(const ig_model *m, ig_part part) {
  for (size_t i = 0; i < m->parameter_count; i++)
    if (m->parameters[i].row->part == part) return true;
  return false;
}

static void shape_head(ig_model *m) {
  const ig_config *c = &m->config;
  const int d = c->d_model, o = ig_config_output_inputs(c);
  m->output = (ig_linear){.in = o, .out = ig_config_outputs(c)};
  m->head_dense = (ig_linear){0};
  if (has_part(m, IG_PART_HEAD_DENSE)) m->head_dense = (ig_linear){.in = d, .out = o};
  m->head_norm = norm_of(o, &c->encoder.norm);
  if (ig_config_decodes(c)) return;
  m->head_dense.layout = OVER_SENTENCES;
  if (!c->tied_output) m->output.layout = OVER_SENTENCES;
}

ig_encoder_layer ig_wire_encoder_layer(const ig_model *m, int i) {
  const int stored = ig_config_stored_layer(&m->config.encoder, i);
  const uint32_t streams = STREAM_LAYER * (uint32_t)(i - stored);
  ig_encoder_layer layer = m->encoder[stored];
  layer.self_attention.dropout.stream += streams;
  layer.feed_forward.dropout.stream += streams;
  layer.dropout.stream += streams;
  return layer;
}

void ig_wire_model(ig_model *m) {
  const ig_config *c = &m->config;
  shape_encoder(m);
  shape_decoder(m);
  m->source_embedding = embedding_of(c, c->vocab_size);
  m->target_embedding = embedding_of(c, c->target_vocab_size);
  m->encoder_positions = positions_of(c);
  m->decoder_positions = positions_of(c);
  m->token_types = (ig_embedding){.vocabulary = c->token_types,
                                  .size = ig_config_embedding_columns(c),
                                  .scale = 1,
                                  .frozen_id = -1};
  shape_head(m);
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    const slot to = slot_of(m, p);
    if (!to.value) continue;
    *to.value = m->values + p->offset;
    const bool has_gradient = p->trained && !p->frozen && m->gradients;
    if (to.gradient) *to.gradient = has_gradient ? m->gradients + p->offset : NULL;
  }
  for (int i = 0; i < c->decoder.layers; i++) wire_key_value(&m->decoder[i].cross_attention);
  wire_shared_biases(m);
  wire_learned_positions(c, &m->encoder_positions);
  wire_learned_positions(c, &m->decoder_positions);
  wire_ties(m);
}
