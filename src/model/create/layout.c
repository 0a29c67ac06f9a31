// The list of a model's tensors, in the order in which they lie in memory.
#include "model/create/layout.h"

#include <stdio.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "model/arch/family.h"
#include "model/create/wire.h"

typedef struct tensor_shape {
  int rank;  // 0: the model has no such tensor
  size_t rows, columns;
} tensor_shape;

static const tensor_shape absent = {0};

static tensor_shape matrix_of(int rows, int columns) {
  return (tensor_shape){.rank = 2, .rows = (size_t)rows, .columns = (size_t)columns};
}

static tensor_shape vector_of(int columns) {
  return (tensor_shape){.rank = 1, .rows = 1, .columns = (size_t)columns};
}

// A linear layer which has a bias if `has_bias`.
static tensor_shape linear_shape(const ig_tensor_row *row, int out, int in, bool has_bias) {
  if (!row->bias) return matrix_of(out, in);
  return has_bias ? vector_of(out) : absent;
}

static tensor_shape norm_shape(const ig_tensor_row *row, int d, const ig_norm_shape *norm) {
  return row->bias && !norm->bias ? absent : vector_of(d);
}

static tensor_shape output_shape(const ig_config *c, const ig_tensor_row *row) {
  const int outputs = ig_config_outputs(c);
  if (!outputs) return absent;
  if (row->bias) return c->output_bias ? vector_of(outputs) : absent;
  return c->tied_output ? absent : matrix_of(outputs, ig_config_output_inputs(c));
}

// Of a tensor of an attention; has_bias: of its linear layers.
static tensor_shape attention_shape(const ig_tensor_row *row, int d, int width, bool has_bias) {
  switch (row->part) {
    case IG_PART_SELF_PROJECTIONS:
    case IG_PART_CROSS_PROJECTIONS: return linear_shape(row, 3 * width, d, has_bias);
    case IG_PART_SELF_OUTPUT:
    case IG_PART_CROSS_OUTPUT: return linear_shape(row, d, width, has_bias);
    default: return linear_shape(row, width, d, has_bias);
  }
}

static tensor_shape inner_shape(const ig_tensor_row *row, int d, const ig_feed_forward_shape *f,
                                bool of_gated) {
  return f->gated == of_gated ? linear_shape(row, f->inner, d, f->bias) : absent;
}

static tensor_shape projection_shape(const ig_config *c, const ig_tensor_row *row) {
  return c->embedding_size ? linear_shape(row, c->d_model, c->embedding_size, true) : absent;
}

// Of a tensor inside a stack.
static tensor_shape stack_tensor_shape(const ig_config *c, const ig_stack_shape *s,
                                       const ig_tensor_row *row) {
  const int d = c->d_model;
  switch (row->part) {
    case IG_PART_SELF_PROJECTIONS:
    case IG_PART_SELF_QUERY:
    case IG_PART_SELF_KEY:
    case IG_PART_SELF_VALUE:
    case IG_PART_SELF_OUTPUT:
      if (s->recurrent) return absent;
      return attention_shape(row, d, ig_config_attention_width(c, &s->self), s->self.bias);
    case IG_PART_CROSS_PROJECTIONS:
    case IG_PART_CROSS_QUERY:
    case IG_PART_CROSS_KEY:
    case IG_PART_CROSS_VALUE:
    case IG_PART_CROSS_OUTPUT:
      return attention_shape(row, d, ig_config_attention_width(c, &s->cross), s->cross.bias);
    case IG_PART_CELL_CANDIDATE: return s->recurrent ? matrix_of(d, d) : absent;
    case IG_PART_CELL_FORGET: return linear_shape(row, s->recurrent ? d : 0, d, s->recurrent);
    case IG_PART_RELATIVE_BIAS:
      return c->relative.buckets && s->layers ? matrix_of(c->relative.buckets, s->self.heads)
                                              : absent;
    case IG_PART_INNER: return inner_shape(row, d, &s->feed_forward, false);
    case IG_PART_GATE:
    case IG_PART_GATED: return inner_shape(row, d, &s->feed_forward, true);
    case IG_PART_OUTER: return linear_shape(row, d, s->feed_forward.inner, s->feed_forward.bias);
    case IG_PART_EMBEDDING_NORM:
      return s->embedding_norm ? norm_shape(row, ig_config_embedding_columns(c), &s->norm) : absent;
    case IG_PART_EMBEDDING_PROJECTION: return projection_shape(c, row);
    case IG_PART_SELF_NORM:
    case IG_PART_CROSS_NORM:
    case IG_PART_FEED_FORWARD_NORM: return norm_shape(row, d, &s->norm);
    case IG_PART_FINAL_NORM: return s->final_norm ? norm_shape(row, d, &s->norm) : absent;
    default: return absent;
  }
}

static tensor_shape shape_of(const ig_config *c, const ig_tensor_row *row) {
  if (row->part == IG_PART_POSITIONS)
    return c->positions.count && !c->positions.computed ? matrix_of(c->positions.count, c->d_model)
                                                        : absent;
  const int e = ig_config_embedding_columns(c), o = ig_config_output_inputs(c);
  if (row->part == IG_PART_LEARNED_POSITIONS)
    return matrix_of(c->positions.offset + c->positions.count, e);
  if (!ig_tensor_row_is_of_head(row, c->head.kind)) return absent;
  if (row->stack == IG_STACK_ENCODER) return stack_tensor_shape(c, &c->encoder, row);
  if (row->stack == IG_STACK_DECODER) return stack_tensor_shape(c, &c->decoder, row);
  switch (row->part) {
    case IG_PART_SHARED_EMBEDDING:
      return c->shared_embedding ? matrix_of(c->vocab_size, e) : absent;
    case IG_PART_SOURCE_EMBEDDING:
      return c->shared_embedding ? absent : matrix_of(c->vocab_size, e);
    case IG_PART_TARGET_EMBEDDING:
      return c->shared_embedding ? absent : matrix_of(c->target_vocab_size, e);
    case IG_PART_TOKEN_TYPES: return c->token_types ? matrix_of(c->token_types, e) : absent;
    case IG_PART_HEAD_DENSE: return linear_shape(row, o, c->d_model, true);
    case IG_PART_HEAD_NORM: return norm_shape(row, o, &c->encoder.norm);
    case IG_PART_OUTPUT: return output_shape(c, row);
    case IG_PART_LOGITS_BIAS:
      return c->logits_bias && !c->output_bias ? matrix_of(1, c->target_vocab_size) : absent;
    default: return absent;
  }
}

typedef struct tensor_list {
  ig_model *model;
  size_t capacity;  // of model->parameters
  ig_error *err;
} tensor_list;

static bool is_layered(const ig_tensor_row *row) { return strstr(row->name, "%d") != NULL; }

// The row's name with the layer's number for %d.
static void write_name(char *name, size_t size, const ig_tensor_row *row, int layer) {
  const char *number = strstr(row->name, "%d");
  if (number)
    snprintf(name, size, "%.*s%d%s", (int)(number - row->name), row->name, layer, number + 2);
  else
    snprintf(name, size, "%s", row->name);
}

static ig_status add_tensor(tensor_list *list, const ig_tensor_row *row, int layer) {
  ig_model *m = list->model;
  const tensor_shape shape = shape_of(&m->config, row);
  if (!shape.rank) return IG_OK;
  IG_TRY(ig_allocate_more((void **)&m->parameters, &list->capacity, m->parameter_count + 1,
                          sizeof *m->parameters, list->err));
  ig_parameter *p = &m->parameters[m->parameter_count++];
  *p = (ig_parameter){
      .row = row,
      .layer = layer,
      .rank = shape.rank,
      .shape = {shape.rank == 1 ? shape.columns : shape.rows, shape.rank == 1 ? 0 : shape.columns},
      .count = shape.rows * shape.columns,
      .offset = m->value_count,
      .trained = !ig_tensor_row_is_constant(row)};
  write_name(p->name, sizeof p->name, row, layer);
  m->value_count += p->count;
  if (p->trained) m->trained_count = m->value_count;
  return IG_OK;
}

// The consecutive rows from `row` on that are repeated for each layer of its stack; *next: the row
// after them.
static ig_status add_layers(tensor_list *list, const ig_tensor_row *row,
                            const ig_tensor_row **next) {
  const ig_config *c = &list->model->config;
  const int layers =
      row->stack == IG_STACK_ENCODER ? ig_config_stored_layers(&c->encoder) : c->decoder.layers;
  const ig_tensor_row *end = row;
  while (end->name && is_layered(end) && end->stack == row->stack) end++;
  for (int layer = 0; layer < layers; layer++)
    for (const ig_tensor_row *r = row; r < end; r++) IG_TRY(add_tensor(list, r, layer));
  *next = end;
  return IG_OK;
}

static ig_status list_tensors(ig_model *model, ig_error *err) {
  tensor_list list = {.model = model, .err = err};
  for (const ig_tensor_row *row = model->config.family->tensors; row->name;) {
    if (is_layered(row)) {
      IG_TRY(add_layers(&list, row, &row));
    } else {
      IG_TRY(add_tensor(&list, row, 0));
      row++;
    }
  }
  return IG_OK;
}

ig_status ig_layout_reserve(ig_arena *arena, size_t count, float **out, ig_error *err) {
  ig_arena plan = ig_arena_measure();
  ig_arena_take(&plan, count, sizeof(float));
  IG_TRY(ig_arena_create(arena, plan.peak, err));
  *out = IG_TAKE(arena, float, count);
  return IG_OK;
}

static ig_status make_buckets(ig_model *model, ig_error *err) {
  const ig_relative_shape *r = &model->config.relative;
  if (!r->buckets) return IG_OK;
  IG_TRY(ig_relative_buckets_create(r->buckets, r->farthest, true, &model->encoder_buckets, err));
  return ig_relative_buckets_create(r->buckets, r->farthest, false, &model->decoder_buckets, err);
}

ig_status ig_layout_make(ig_model *model, ig_error *err) {
  const ig_config *c = &model->config;
  model->encoder =
      ig_allocate((size_t)ig_config_stored_layers(&c->encoder), sizeof *model->encoder, err);
  if (!model->encoder) return IG_ERROR_MEMORY;
  model->decoder = ig_allocate((size_t)c->decoder.layers, sizeof *model->decoder, err);
  if (!model->decoder) return IG_ERROR_MEMORY;
  IG_TRY(make_buckets(model, err));
  return list_tensors(model, err);
}

ig_status ig_layout_place(ig_model *model, ig_error *err) {
  IG_TRY(ig_layout_reserve(&model->memory, model->value_count, &model->values, err));
  ig_wire_model(model);
  return IG_OK;
}

void ig_layout_linears(ig_model *m, void (*visit)(void *context, ig_linear *linear),
                       void *context) {
  for (int i = 0; i < ig_config_stored_layers(&m->config.encoder); i++) {
    ig_encoder_layer *l = &m->encoder[i];
    ig_linear *all[] = {&l->self_attention.query, &l->self_attention.output, &l->feed_forward.inner,
                        &l->feed_forward.outer};
    for (size_t j = 0; j < sizeof all / sizeof *all; j++) visit(context, all[j]);
  }
  for (int i = 0; i < m->config.decoder.layers; i++) {
    ig_decoder_layer *l = &m->decoder[i];
    const bool recurrent = m->config.decoder.recurrent;
    ig_linear *all[] = {recurrent ? &l->cell.candidate : &l->self_attention.query,
                        recurrent ? &l->cell.forget : &l->self_attention.output,
                        &l->cross_attention.query,
                        &l->cross_attention.key_value,
                        &l->cross_attention.output,
                        &l->feed_forward.inner,
                        &l->feed_forward.outer};
    for (size_t j = 0; j < sizeof all / sizeof *all; j++) visit(context, all[j]);
  }
  if (m->embedding_projection.out) visit(context, &m->embedding_projection);
  if (m->head_dense.out) visit(context, &m->head_dense);
  if (m->output.out) visit(context, &m->output);
}

bool ig_layout_is_embedding(const ig_parameter *p) { return ig_tensor_row_is_embedding(p->row); }
