// Packing the weights of all linear layers. A page that the system hands over for the first time
// costs more than what is written into it. So a model that is opened to run holds each weight once,
// and the pages of its plain values are never touched.
#include "model/run/pack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/pool.h"
#include "io/quantized.h"
#include "model/create/layout.h"

typedef struct linear_packing {
  ig_nn *nn;
  ig_weight_type type;
  const ig_model *model;
  const ig_stored_weights *stored;  // NULL: not known
  ig_arena *arena;                  // measuring, then real
} linear_packing;

// The parameters that a layer's weight lies in. They may be several (query, key and value of an
// attention are one layer), or be shared with another layer.
typedef struct parameter_range {
  size_t first, last;
} parameter_range;

static parameter_range range_of(const ig_model *m, const ig_linear *linear) {
  const size_t begin = (size_t)(linear->weight - m->values),
               end = begin + (size_t)linear->in * (size_t)linear->out;
  parameter_range r = {0, 0};
  while (m->parameters[r.first].offset + m->parameters[r.first].count <= begin) r.first++;
  r.last = r.first;
  while (r.last + 1 < m->parameter_count && m->parameters[r.last + 1].offset < end) r.last++;
  return r;
}

// Layers of a few outputs, as the heads of encoders, cost nothing and decide much: they stay in
// float32.
static bool is_worth_int8(const ig_linear *linear) {
  return linear->out >= IG_INT8_COLUMNS && linear->in <= IG_INT8_MOST_DEPTH;
}

// Where some tensors of a file are int8, those that are not were left so for a reason.
static bool is_kept_float(const linear_packing *p, const ig_linear *linear) {
  if (!p->stored || ig_stored_weights_type(p->stored, p->model->parameter_count,
                                           IG_WEIGHT_TYPE_AS_STORED) != IG_WEIGHT_TYPE_INT8)
    return false;
  const parameter_range r = range_of(p->model, linear);
  for (size_t i = r.first; i <= r.last; i++)
    if (!p->stored->tensors[i] || !p->stored->tensors[i]->quantized) return true;
  return false;
}

ig_weight_layout ig_pack_layout(ig_weight_type type, const ig_linear *linear) {
  switch (type) {
    case IG_WEIGHT_TYPE_AS_STORED:
    case IG_WEIGHT_TYPE_FP32: return linear->layout;
    case IG_WEIGHT_TYPE_BF16: return IG_WEIGHT_LAYOUT_BFLOAT16_PANELS;
    case IG_WEIGHT_TYPE_INT8:
      return is_worth_int8(linear) ? IG_WEIGHT_LAYOUT_INT8_PANELS : linear->layout;
  }
  assert(false && "a type that nobody knows");
  return linear->layout;
}

static ig_weight_layout layout_for(const linear_packing *p, const ig_linear *linear) {
  if (p->type == IG_WEIGHT_TYPE_INT8 && is_kept_float(p, linear)) return linear->layout;
  return ig_pack_layout(p->type, linear);
}

static void take_linear(void *context, ig_linear *linear) {
  const linear_packing *p = context;
  const ig_weight_layout layout = layout_for(p, linear);
  ig_linear_place(p->nn, linear, layout,
                  IG_TAKE(p->arena, char, ig_linear_packed_bytes(p->nn, linear, layout)));
}

static void pack_linear(void *context, ig_linear *linear) {
  const linear_packing *p = context;
  ig_linear_pack(p->nn, linear, 0, linear->out, linear->weight);
}

static void unpack_linear(void *context, ig_linear *linear) {
  (void)context;
  linear->packed = (ig_packed){0};
}

// Gives every linear layer the memory for its packed weight.
static ig_status reserve_packed(ig_model *m, linear_packing how, ig_error *err) {
  IG_TRY(ig_kernels_select(&how.nn->kernels, err));
  ig_arena plan = ig_arena_measure();
  how.model = m;
  how.arena = &plan;
  ig_layout_linears(m, take_linear, &how);
  IG_TRY(ig_arena_create(&m->packed, plan.peak, err));
  m->weight_type = how.type;
  how.arena = &m->packed;
  ig_layout_linears(m, take_linear, &how);
  return IG_OK;
}

ig_status ig_pack_model(ig_model *m, ig_error *err) {
  if (m->packed.base) return IG_OK;
  ig_nn nn = {0};
  IG_TRY(reserve_packed(m, (linear_packing){.nn = &nn, .type = IG_WEIGHT_TYPE_FP32}, err));
  ig_layout_linears(m, pack_linear, &(linear_packing){.nn = &nn});
  return IG_OK;
}

void ig_pack_undo(ig_model *m) {
  if (!m->packed.base) return;
  ig_layout_linears(m, unpack_linear, NULL);
  ig_arena_free(&m->packed);
}

// ---- straight from the file -------------------------------------------------

enum { TABLE_ROWS = 1024 };  // rows of a table that are read and packed at a time: whole panels

typedef struct stored_linear {
  ig_linear *linear;
  parameter_range in;
  bool table;  // its weight is also a table of embeddings, a parameter of its own
  bool int8;   // it is packed as the file has it: as integers with scales
} stored_linear;

// What a task reads and packs: a layer, or some rows of one that is a table.
typedef struct packing_part {
  const stored_linear *stored;
  size_t row, rows;
} packing_part;

typedef struct packed_reading {
  ig_model *model;
  const ig_stored_weights *stored;
  ig_nn nn;  // without threads, which share the parts instead
  stored_linear *linears;
  size_t count;
  packing_part *parts;
  size_t part_count;
  float *buffers;     // (threads, buffer)
  size_t buffer;      // floats of the longest stretch of parameters that one part needs
  bool *only_packed;  // (parameter_count): nothing needs its plain values
} packed_reading;

static void count_linear(void *context, ig_linear *linear) {
  packed_reading *r = context;
  r->count++;
  r->part_count += ((size_t)linear->out + TABLE_ROWS - 1) / TABLE_ROWS;  // as if it were a table
}

static void add_part(packed_reading *r, const stored_linear *l, size_t row, size_t rows) {
  const ig_parameter *parameters = r->model->parameters;
  const size_t width = (size_t)l->linear->in,
               stretch = parameters[l->in.last].offset + parameters[l->in.last].count -
                         parameters[l->in.first].offset,
               values = l->table ? rows * width : stretch,
               floats = l->int8 ? values / sizeof(float) + 1 + values / width : values;
  r->parts[r->part_count++] = (packing_part){l, row, rows};
  if (floats > r->buffer) r->buffer = floats;
}

static void list_linear(void *context, ig_linear *linear) {
  packed_reading *r = context;
  const ig_model *m = r->model;
  const size_t out = (size_t)linear->out;
  stored_linear *l = &r->linears[r->count++];
  *l = (stored_linear){.linear = linear,
                       .in = range_of(m, linear),
                       .int8 = linear->packed.layout == IG_WEIGHT_LAYOUT_INT8_PANELS};
  l->table = ig_layout_is_embedding(&m->parameters[l->in.first]);
  // Its rows are found again.
  assert(!l->table || linear->packed.layout != IG_WEIGHT_LAYOUT_BFLOAT16_PARTS);
  for (size_t i = l->in.first; i <= l->in.last; i++) {
    r->only_packed[i] = true;
    l->int8 = l->int8 && ig_stored_weights_int8(r->stored, i);
  }
  const size_t step = l->table ? TABLE_ROWS : out;
  for (size_t row = 0; row < out; row += step)
    add_part(r, l, row, row + step < out ? step : out - row);
}

static ig_status read_parameter(const packed_reading *r, size_t index, float *to, ig_error *err) {
  return r->stored->tensors[index] ? ig_stored_weights_read(r->stored, index, to, err) : IG_OK;
}

// Panels of a table's rows lie one after another, so that its parts are packed where they belong.
static ig_status read_and_pack_rows(packed_reading *r, const packing_part *part, float *buffer,
                                    ig_error *err) {
  const stored_linear *l = part->stored;
  ig_nn nn = r->nn;
  IG_TRY(ig_stored_weights_read_rows(r->stored, l->in.first, part->row, part->rows, buffer, err));
  ig_linear_pack(&nn, l->linear, (int)part->row, (int)part->rows, buffer);
  return IG_OK;
}

static ig_status read_and_pack_layer(packed_reading *r, const stored_linear *l, float *buffer,
                                     ig_error *err) {
  const ig_model *m = r->model;
  const size_t begin = m->parameters[l->in.first].offset;
  ig_nn nn = r->nn;
  for (size_t i = l->in.first; i <= l->in.last; i++)
    IG_TRY(read_parameter(r, i, buffer + m->parameters[i].offset - begin, err));
  ig_linear_pack(&nn, l->linear, 0, l->linear->out,
                 buffer + ((size_t)(l->linear->weight - m->values) - begin));
  return IG_OK;
}

// The integers and scales of a layer, or of some rows of a table, as they are in the file. The
// scales come first in the buffer.
static ig_status read_and_pack_int8(packed_reading *r, const packing_part *part, float *buffer,
                                    ig_error *err) {
  const ig_model *m = r->model;
  const stored_linear *l = part->stored;
  const size_t width = (size_t)l->linear->in, begin = m->parameters[l->in.first].offset,
               end = m->parameters[l->in.last].offset + m->parameters[l->in.last].count,
               all = l->table ? part->rows : (end - begin) / width,
               skipped = l->table ? 0 : ((size_t)(l->linear->weight - m->values) - begin) / width;
  int8_t *q = (int8_t *)(buffer + all);
  ig_nn nn = r->nn;
  for (size_t i = l->in.first; i <= l->in.last; i++) {
    const ig_quantized *from = ig_stored_weights_int8(r->stored, i);
    const size_t at = (m->parameters[i].offset - begin) / width, row = l->table ? part->row : 0,
                 rows = l->table ? part->rows : from->rows;
    memcpy(buffer + at, from->scales + row, rows * sizeof *buffer);
    IG_TRY(ig_quantized_read_rows(from, row, rows, q + at * width, err));
  }
  ig_linear_pack_int8(&nn, l->linear, (int)part->row, (int)part->rows, q + skipped * width,
                      buffer + skipped);
  return IG_OK;
}

static ig_status read_and_pack_part(void *context, size_t index, int worker, ig_error *err) {
  packed_reading *r = context;
  const packing_part *part = &r->parts[index];
  float *buffer = r->buffers + (size_t)worker * r->buffer;
  if (part->stored->int8) return read_and_pack_int8(r, part, buffer, err);
  return part->stored->table ? read_and_pack_rows(r, part, buffer, err)
                             : read_and_pack_layer(r, part->stored, buffer, err);
}

// Bytes from the beginning of values to the end of the tables that are used unpacked, which lie
// before everything else.
static size_t plain_table_bytes(const packed_reading *r) {
  size_t end = 0;
  for (size_t i = 0; i < r->model->parameter_count; i++) {
    const ig_parameter *p = &r->model->parameters[i];
    if (ig_layout_is_embedding(p) && !r->only_packed[i]) end = p->offset + p->count;
  }
  return end * sizeof(float);
}

// A table that is the weight of a packed layer is looked up there.
static void look_up_packed(ig_embedding *table, const ig_linear *linear) {
  if (table->weight != linear->weight) return;
  table->weight = NULL;
  table->packed = linear->packed;
}

static void forget_plain(packed_reading *r) {
  for (size_t i = 0; i < r->count; i++) {
    ig_linear *linear = r->linears[i].linear;
    if (r->linears[i].table) {
      look_up_packed(&r->model->source_embedding, linear);
      look_up_packed(&r->model->target_embedding, linear);
    }
    linear->weight = NULL;
  }
}

static ig_status read_parameters(packed_reading *r, ig_pool *pool, ig_error *err) {
  ig_model *m = r->model;
  ig_arena_sparse(&m->memory, plain_table_bytes(r));
  for (size_t i = 0; i < m->parameter_count; i++)
    if (!r->only_packed[i]) IG_TRY(read_parameter(r, i, m->values + m->parameters[i].offset, err));
  ig_arena buffers = {0};
  IG_TRY(ig_layout_reserve(&buffers, r->buffer * (size_t)ig_pool_threads(pool), &r->buffers, err));
  const ig_status status = ig_pool_try(pool, r->part_count, read_and_pack_part, r, err);
  ig_arena_free(&buffers);
  if (status == IG_OK) forget_plain(r);
  return status;
}

ig_status ig_pack_read(ig_model *m, const ig_stored_weights *stored, ig_weight_type type,
                       ig_pool *pool, ig_error *err) {
  packed_reading r = {.model = m, .stored = stored};
  const linear_packing how = {.nn = &r.nn,
                              .type = ig_stored_weights_type(stored, m->parameter_count, type),
                              .stored = stored};
  IG_TRY(reserve_packed(m, how, err));
  ig_layout_linears(m, count_linear, &r);
  r.linears = ig_allocate(r.count, sizeof *r.linears, err);
  r.parts = ig_allocate(r.part_count, sizeof *r.parts, err);
  r.only_packed = ig_allocate(m->parameter_count, sizeof *r.only_packed, err);
  r.count = 0;
  r.part_count = 0;
  ig_status status = r.linears && r.parts && r.only_packed ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK) {
    ig_layout_linears(m, list_linear, &r);
    status = read_parameters(&r, pool, err);
  }
  free(r.linears);
  free(r.parts);
  free(r.only_packed);
  return status;
}

static void count_only_packed(void *context, ig_linear *linear) {
  *(size_t *)context += (size_t)linear->in * (size_t)linear->out;
}

ig_status ig_pack_bytes(ig_model *m, const ig_stored_weights *stored, size_t *bytes,
                        ig_error *err) {
  ig_nn nn = {0};
  IG_TRY(ig_kernels_select(&nn.kernels, err));
  ig_arena plan = ig_arena_measure();
  size_t only_packed = 0;  // values that nothing needs unpacked
  linear_packing how = {
      .nn = &nn, .type = m->weight_type, .model = m, .stored = stored, .arena = &plan};
  ig_layout_linears(m, count_only_packed, &only_packed);
  ig_layout_linears(m, take_linear, &how);
  *bytes = plan.peak + (m->value_count - only_packed) * sizeof(float);
  return IG_OK;
}

// ---- which weights int8 is for ----------------------------------------------

typedef struct int8_listing {
  const ig_model *model;
  bool *found;  // (parameter_count)
} int8_listing;

static void list_worth_int8(void *context, ig_linear *linear) {
  const int8_listing *l = context;
  if (!is_worth_int8(linear)) return;
  const parameter_range r = range_of(l->model, linear);
  for (size_t i = r.first; i <= r.last; i++) l->found[i] = true;
}

void ig_pack_list_int8(ig_model *m, bool *found) {
  for (size_t i = 0; i < m->parameter_count; i++) found[i] = false;
  ig_layout_linears(m, list_worth_int8, &(int8_listing){m, found});
}
