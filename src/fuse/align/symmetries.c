#include "fuse/align/symmetries.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/size.h"

// ---- what the rows and columns of a part go by ------------------------------

typedef enum axis {
  AXIS_UNKNOWN,  // the part is in no model that has a decoder
  AXIS_STAYS,
  AXIS_STREAM,   // of the part's stack
  AXIS_ENCODER,  // the encoder's stream
  AXIS_DECODER,
  AXIS_UNITS,
  AXIS_QUERY_KEY,
  AXIS_VALUE,
  AXIS_HEADS,
} axis;

typedef struct part_axes {
  axis rows, columns;
} part_axes;

// A vector goes by the rows: a bias has those of its weight, a norm those of the stream.
static const part_axes axes_of[] = {
    [IG_PART_SHARED_EMBEDDING] = {AXIS_STAYS, AXIS_ENCODER},
    [IG_PART_SOURCE_EMBEDDING] = {AXIS_STAYS, AXIS_ENCODER},
    [IG_PART_TARGET_EMBEDDING] = {AXIS_STAYS, AXIS_DECODER},
    [IG_PART_LEARNED_POSITIONS] = {AXIS_STAYS, AXIS_STREAM},
    [IG_PART_SELF_QUERY] = {AXIS_QUERY_KEY, AXIS_STREAM},
    [IG_PART_SELF_KEY] = {AXIS_QUERY_KEY, AXIS_STREAM},
    [IG_PART_SELF_VALUE] = {AXIS_VALUE, AXIS_STREAM},
    [IG_PART_SELF_OUTPUT] = {AXIS_STREAM, AXIS_VALUE},
    [IG_PART_CROSS_QUERY] = {AXIS_QUERY_KEY, AXIS_STREAM},
    [IG_PART_CROSS_KEY] = {AXIS_QUERY_KEY, AXIS_ENCODER},
    [IG_PART_CROSS_VALUE] = {AXIS_VALUE, AXIS_ENCODER},
    [IG_PART_CROSS_OUTPUT] = {AXIS_STREAM, AXIS_VALUE},
    [IG_PART_CELL_CANDIDATE] = {AXIS_STREAM, AXIS_STREAM},
    [IG_PART_CELL_FORGET] = {AXIS_STREAM, AXIS_STREAM},
    [IG_PART_RELATIVE_BIAS] = {AXIS_STAYS, AXIS_HEADS},
    [IG_PART_INNER] = {AXIS_UNITS, AXIS_STREAM},
    [IG_PART_GATE] = {AXIS_UNITS, AXIS_STREAM},
    [IG_PART_GATED] = {AXIS_UNITS, AXIS_STREAM},
    [IG_PART_OUTER] = {AXIS_STREAM, AXIS_UNITS},
    [IG_PART_EMBEDDING_NORM] = {AXIS_STREAM, AXIS_STAYS},
    [IG_PART_SELF_NORM] = {AXIS_STREAM, AXIS_STAYS},
    [IG_PART_CROSS_NORM] = {AXIS_STREAM, AXIS_STAYS},
    [IG_PART_FEED_FORWARD_NORM] = {AXIS_STREAM, AXIS_STAYS},
    [IG_PART_FINAL_NORM] = {AXIS_STREAM, AXIS_STAYS},
    [IG_PART_OUTPUT] = {AXIS_STAYS, AXIS_DECODER},
    [IG_PART_LOGITS_BIAS] = {AXIS_STAYS, AXIS_STAYS},
    [IG_PART_POSITIONS] = {AXIS_STAYS, AXIS_STAYS},
};

static const char *const kind_names[IG_PERMUTATION_KINDS] = {
    [IG_PERMUTATION_STREAM] = "stream",       [IG_PERMUTATION_UNITS] = "units",
    [IG_PERMUTATION_QUERY_KEY] = "query_key", [IG_PERMUTATION_VALUE] = "value",
    [IG_PERMUTATION_HEADS] = "heads",
};

const char *ig_symmetries_kind_name(ig_permutation_kind kind) { return kind_names[kind]; }

static bool has_sinusoids(const ig_config *c) {
  return c->positions.kind != IG_POSITION_LEARNED && c->positions.kind != IG_POSITION_NONE;
}

// Sinusoids are added to certain columns of the stream, so that those cannot change places.
static const char *why_stream_stays(const ig_config *c) {
  if (c->decoder.recurrent) return "a recurrent unit reads and writes it";
  return has_sinusoids(c) ? "sinusoids of positions are added to it" : NULL;
}

// ---- permutations -----------------------------------------------------------

// Part of a tensor that is one matrix of the table.
typedef struct listed_part {
  const ig_config *config;
  const ig_parameter *parameter;
  ig_part part;
  size_t row, rows;  // of the tensor
} listed_part;

static bool is_cross(ig_part part) {
  return part == IG_PART_CROSS_QUERY || part == IG_PART_CROSS_KEY || part == IG_PART_CROSS_VALUE ||
         part == IG_PART_CROSS_OUTPUT;
}

static bool is_of_layer(const ig_parameter *p) { return strstr(p->row->name, "%d") != NULL; }

// The permutation that an axis means, but for the count of its places.
static ig_permutation meaning_of(const listed_part *p, axis of) {
  const ig_config *c = p->config;
  const ig_stack stack = p->parameter->row->stack;
  const ig_stack_shape *shape = stack == IG_STACK_DECODER ? &c->decoder : &c->encoder;
  ig_permutation meant = {.stack = stack, .cross = is_cross(p->part)};
  meant.layer = is_of_layer(p->parameter) ? p->parameter->layer : -1;
  const int heads = meant.cross ? shape->cross.heads : shape->self.heads;
  switch (of) {
    case AXIS_UNITS: meant.kind = IG_PERMUTATION_UNITS; return meant;
    case AXIS_QUERY_KEY: meant.kind = IG_PERMUTATION_QUERY_KEY; break;
    case AXIS_VALUE: meant.kind = IG_PERMUTATION_VALUE; break;
    case AXIS_HEADS: meant.kind = IG_PERMUTATION_HEADS; break;
    default: {
      const bool of_decoder =
          of == AXIS_DECODER || (of == AXIS_STREAM && stack == IG_STACK_DECODER);
      return (ig_permutation){.kind = IG_PERMUTATION_STREAM,
                              .layer = -1,
                              .stack = c->shared_embedding ? IG_STACK_NONE
                                       : of_decoder        ? IG_STACK_DECODER
                                                           : IG_STACK_ENCODER};
    }
  }
  meant.heads = (size_t)heads;
  return meant;
}

static bool is_same(const ig_permutation *a, const ig_permutation *b) {
  return a->kind == b->kind && a->stack == b->stack && a->layer == b->layer && a->cross == b->cross;
}

// Finds the permutation of an axis with so many places, or adds it. *index -1: the axis stays.
static ig_status find_permutation(ig_symmetries *s, const listed_part *p, axis of, size_t count,
                                  int *index, ig_error *err) {
  *index = -1;
  if (of == AXIS_STAYS) return IG_OK;
  ig_permutation meant = meaning_of(p, of);
  if (meant.kind == IG_PERMUTATION_STREAM && s->stream_stays) return IG_OK;
  for (size_t i = 0; i < s->count; i++)
    if (is_same(&s->permutations[i], &meant)) {
      *index = (int)i;
      return IG_OK;
    }
  IG_TRY(ig_allocate_more((void **)&s->permutations, &s->capacity, s->count + 1,
                          sizeof *s->permutations, err));
  meant.count = count;
  meant.begin = s->places;
  s->places += count;
  *index = (int)s->count;
  s->permutations[s->count++] = meant;
  return IG_OK;
}

// ---- matrices ---------------------------------------------------------------

static ig_status add_matrix(ig_symmetries *s, const listed_part *p, ig_error *err) {
  const ig_parameter *tensor = p->parameter;
  const part_axes axes = axes_of[p->part];
  const size_t columns = tensor->rank == 2 ? tensor->shape[1] : 1;
  ig_symmetric_matrix matrix = {.stack = tensor->row->stack,
                                .layer = tensor->layer,
                                .part = p->part,
                                .is_vector = tensor->rank != 2,
                                .offset = tensor->offset + p->row * columns,
                                .rows = p->rows,
                                .columns = columns,
                                .of_columns = -1};
  IG_TRY(find_permutation(s, p, axes.rows, matrix.rows, &matrix.of_rows, err));
  if (tensor->rank == 2)
    IG_TRY(find_permutation(s, p, axes.columns, columns, &matrix.of_columns, err));
  if (matrix.of_rows < 0 && matrix.of_columns < 0) return IG_OK;
  IG_TRY(ig_allocate_more((void **)&s->matrices, &s->matrix_capacity, s->matrix_count + 1,
                          sizeof *s->matrices, err));
  s->matrices[s->matrix_count++] = matrix;
  return IG_OK;
}

// Query, key and value of one tensor are three matrices.
static ig_status add_tensor(ig_symmetries *s, const ig_model *m, const ig_parameter *p,
                            const char *where, ig_error *err) {
  ig_part first = p->row->part;
  size_t parts = 1;
  if (first == IG_PART_SELF_PROJECTIONS || first == IG_PART_CROSS_PROJECTIONS) {
    first = first == IG_PART_SELF_PROJECTIONS ? IG_PART_SELF_QUERY : IG_PART_CROSS_QUERY;
    parts = 3;
  }
  const size_t rows = p->shape[0] / parts;
  for (size_t i = 0; i < parts; i++) {
    const listed_part part = {.config = &m->config,
                              .parameter = p,
                              .part = first + (ig_part)i,
                              .row = i * rows,
                              .rows = rows};
    if (part.part >= sizeof axes_of / sizeof *axes_of || !axes_of[part.part].rows)
      return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: tensor %s: its symmetries are not known",
                     where, p->name);
    IG_TRY(add_matrix(s, &part, err));
  }
  return IG_OK;
}

// ---- turns ------------------------------------------------------------------

// Whether both have one order of heads: query_key and value of one attention, and a table of biases
// with all self-attentions that it is for.
static bool share_heads(const ig_permutation *a, const ig_permutation *b) {
  if (!a->heads || !b->heads || a->stack != b->stack || a->cross != b->cross) return false;
  return a->layer == b->layer || a->layer < 0 || b->layer < 0;
}

// Tables for all layers come first, so that they find their attentions before those find another.
static void take_turns(ig_symmetries *s) {
  static const bool of_stack_first[] = {true, false};
  for (size_t i = 0; i < s->count; i++) s->permutations[i].turn = SIZE_MAX;
  for (size_t round = 0; round < 2; round++)
    for (size_t i = 0; i < s->count; i++) {
      ig_permutation *p = &s->permutations[i];
      if (p->turn != SIZE_MAX || (of_stack_first[round] && p->layer >= 0)) continue;
      for (size_t k = 0; k < s->count; k++)
        if (k == i || share_heads(p, &s->permutations[k])) s->permutations[k].turn = s->turns;
      s->turns++;
    }
}

// out: says whether the stream stays.
static ig_status list_all(const ig_model *m, const char *where, ig_symmetries *out, ig_error *err) {
  if (!ig_config_decodes(&m->config))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: only models of an encoder and a decoder can be aligned", where);
  for (size_t i = 0; i < m->parameter_count; i++)
    IG_TRY(add_tensor(out, m, &m->parameters[i], where, err));
  take_turns(out);
  return IG_OK;
}

ig_status ig_symmetries_list(const ig_model *m, const char *where, ig_symmetries *out,
                             ig_error *err) {
  *out = (ig_symmetries){.stream_stays = why_stream_stays(&m->config)};
  return list_all(m, where, out, err);
}

ig_status ig_symmetries_list_with_stream(const ig_model *m, const char *where, ig_symmetries *out,
                                         ig_error *err) {
  const ig_config *c = &m->config;
  *out = (ig_symmetries){.stream_stays = c->decoder.recurrent ? why_stream_stays(c) : NULL,
                         .moves_sinusoids = has_sinusoids(c) && !c->decoder.recurrent};
  return list_all(m, where, out, err);
}

void ig_symmetries_free(ig_symmetries *s) {
  free(s->permutations);
  free(s->matrices);
  *s = (ig_symmetries){0};
}

// ---- putting in order -------------------------------------------------------

void ig_symmetries_identity(const ig_symmetries *s, uint32_t *orders) {
  for (size_t i = 0; i < s->count; i++)
    for (size_t k = 0; k < s->permutations[i].count; k++)
      orders[s->permutations[i].begin + k] = (uint32_t)k;
}

static const uint32_t *order_of(const ig_symmetries *s, const uint32_t *orders, int index) {
  return index < 0 ? NULL : orders + s->permutations[index].begin;
}

// copy: has room for what is put in order at a time.
static void order_rows(const ig_symmetric_matrix *m, const uint32_t *order, float *x, float *copy) {
  memcpy(copy, x, m->rows * m->columns * sizeof *x);
  for (size_t i = 0; i < m->rows; i++)
    memcpy(x + i * m->columns, copy + order[i] * m->columns, m->columns * sizeof *x);
}

static void order_columns(const ig_symmetric_matrix *m, const uint32_t *order, float *x,
                          float *copy) {
  for (size_t i = 0; i < m->rows; i++) {
    float *row = x + i * m->columns;
    memcpy(copy, row, m->columns * sizeof *x);
    for (size_t j = 0; j < m->columns; j++) row[j] = copy[order[j]];
  }
}

ig_status ig_symmetries_apply(const ig_symmetries *s, const uint32_t *orders, float *values,
                              ig_error *err) {
  size_t most = 0;
  for (size_t i = 0; i < s->matrix_count; i++) {
    const ig_symmetric_matrix *m = &s->matrices[i];
    most = ig_size_larger(most, m->of_rows < 0 ? m->columns : m->rows * m->columns);
  }
  float *copy = ig_allocate(most, sizeof *copy, err);
  if (!copy) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < s->matrix_count; i++) {
    const ig_symmetric_matrix *m = &s->matrices[i];
    float *x = values + m->offset;
    if (m->of_rows >= 0) order_rows(m, order_of(s, orders, m->of_rows), x, copy);
    if (m->of_columns >= 0) order_columns(m, order_of(s, orders, m->of_columns), x, copy);
  }
  free(copy);
  return IG_OK;
}
