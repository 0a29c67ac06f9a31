// Packing the weights of all linear layers. A page that the system hands over for the first time
// costs more than what is written into it. So a model that is opened to run holds each weight once,
// and the pages of its plain values are never touched.
#include "model/run/pack.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/pool.h"
#include "model/create/layout.h"

typedef struct linear_packing {
  ig_nn *nn;
  ig_arena *arena;  // measuring, then real
} linear_packing;

static void take_linear(void *context, ig_linear *linear) {
  const linear_packing *p = context;
  linear->packed.data = IG_TAKE(p->arena, char, ig_linear_packed_bytes(p->nn, linear));
}

// The memory that take_linear gave the layer. It is the model's own, so it may be written to.
static void *memory_of(const ig_linear *linear) { return (void *)linear->packed.data; }

static void pack_linear(void *context, ig_linear *linear) {
  const linear_packing *p = context;
  linear->packed = ig_linear_pack(p->nn, linear, memory_of(linear));
}

static void unpack_linear(void *context, ig_linear *linear) {
  (void)context;
  linear->packed.data = NULL;
}

// Gives every linear layer the memory for its packed weight.
static ig_status reserve_packed(ig_model *m, ig_nn *nn, ig_error *err) {
  IG_TRY(ig_kernels_select(&nn->kernels, err));
  ig_arena plan = ig_arena_measure();
  ig_layout_linears(m, take_linear, &(linear_packing){nn, &plan});
  IG_TRY(ig_arena_create(&m->packed, plan.peak, err));
  ig_layout_linears(m, take_linear, &(linear_packing){nn, &m->packed});
  return IG_OK;
}

ig_status ig_pack_model(ig_model *m, ig_error *err) {
  if (m->packed.base) return IG_OK;
  ig_nn nn = {0};
  IG_TRY(reserve_packed(m, &nn, err));
  ig_layout_linears(m, pack_linear, &(linear_packing){.nn = &nn});
  return IG_OK;
}

void ig_pack_undo(ig_model *m) {
  if (!m->packed.base) return;
  ig_layout_linears(m, unpack_linear, NULL);
  ig_arena_free(&m->packed);
}

// ---- straight from the file -------------------------------------------------

// A linear layer and the parameters that its weight lies in. It may be several (query, key and
// value of an attention are one layer), or share one with another layer.
typedef struct stored_linear {
  ig_linear *linear;
  size_t first, last;  // parameters
  bool plain;          // its values are used unpacked too: a tied embedding
} stored_linear;

typedef struct packed_reading {
  ig_model *model;
  const ig_stored_weights *stored;
  ig_nn nn;  // without threads, which share the layers instead
  stored_linear *linears;
  size_t count;
  float *buffers;     // (threads, buffer)
  size_t buffer;      // floats of the longest stretch of parameters that one layer needs
  bool *only_packed;  // (parameter_count): nothing needs its plain values
} packed_reading;

static void count_linear(void *context, ig_linear *linear) {
  (void)linear;
  packed_reading *r = context;
  r->count++;
}

static void list_linear(void *context, ig_linear *linear) {
  packed_reading *r = context;
  const ig_model *m = r->model;
  const size_t begin = (size_t)(linear->weight - m->values),
               end = begin + (size_t)linear->in * (size_t)linear->out;
  stored_linear *l = &r->linears[r->count++];
  l->linear = linear;
  while (m->parameters[l->first].offset + m->parameters[l->first].count <= begin) l->first++;
  l->last = l->first;
  while (l->last + 1 < m->parameter_count && m->parameters[l->last + 1].offset < end) l->last++;
  l->plain = ig_layout_is_embedding(&m->parameters[l->first]);
  if (l->plain) return;
  for (size_t i = l->first; i <= l->last; i++) r->only_packed[i] = true;
  const size_t floats =
      m->parameters[l->last].offset + m->parameters[l->last].count - m->parameters[l->first].offset;
  if (floats > r->buffer) r->buffer = floats;
}

static ig_status read_parameter(const packed_reading *r, size_t index, float *to, ig_error *err) {
  if (!r->stored->tensors[index]) return IG_OK;
  return ig_stored_weights_read(r->stored, index, to, r->model->parameters[index].count, err);
}

static ig_status read_and_pack_linear(void *context, size_t index, int worker, ig_error *err) {
  packed_reading *r = context;
  const stored_linear *l = &r->linears[index];
  const ig_model *m = r->model;
  const size_t begin = m->parameters[l->first].offset;
  ig_linear linear = *l->linear;
  if (!l->plain) {
    float *buffer = r->buffers + (size_t)worker * r->buffer;
    for (size_t i = l->first; i <= l->last; i++)
      IG_TRY(read_parameter(r, i, buffer + m->parameters[i].offset - begin, err));
    linear.weight = buffer + ((size_t)(l->linear->weight - m->values) - begin);
  }
  ig_nn nn = r->nn;
  l->linear->packed = ig_linear_pack(&nn, &linear, memory_of(l->linear));
  return IG_OK;
}

// Bytes from the beginning of values to the end of the embeddings, which lie before everything else
// and are used unpacked.
static size_t embedding_bytes(const ig_model *m) {
  const ig_embedding *last = &m->target_embedding;
  return ((size_t)(last->weight - m->values) + (size_t)last->vocabulary * (size_t)last->size) *
         sizeof(float);
}

static ig_status read_parameters(packed_reading *r, ig_pool *pool, ig_error *err) {
  ig_model *m = r->model;
  ig_arena_sparse(&m->memory, embedding_bytes(m));
  for (size_t i = 0; i < m->parameter_count; i++)
    if (!r->only_packed[i]) IG_TRY(read_parameter(r, i, m->values + m->parameters[i].offset, err));
  ig_arena buffers = {0};
  IG_TRY(ig_layout_reserve(&buffers, r->buffer * (size_t)ig_pool_threads(pool), &r->buffers, err));
  const ig_status status = ig_pool_try(pool, r->count, read_and_pack_linear, r, err);
  ig_arena_free(&buffers);
  IG_TRY(status);
  for (size_t i = 0; i < r->count; i++)
    if (!r->linears[i].plain) r->linears[i].linear->weight = NULL;
  return IG_OK;
}

ig_status ig_pack_read(ig_model *m, const ig_stored_weights *stored, ig_pool *pool, ig_error *err) {
  packed_reading r = {.model = m, .stored = stored};
  IG_TRY(reserve_packed(m, &r.nn, err));
  ig_layout_linears(m, count_linear, &r);
  r.linears = ig_allocate(r.count, sizeof *r.linears, err);
  r.only_packed = ig_allocate(m->parameter_count, sizeof *r.only_packed, err);
  r.count = 0;
  ig_status status = r.linears && r.only_packed ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK) {
    ig_layout_linears(m, list_linear, &r);
    status = read_parameters(&r, pool, err);
  }
  free(r.linears);
  free(r.only_packed);
  return status;
}

typedef struct packed_count {
  const ig_model *model;
  size_t floats;  // whose plain values nothing needs
} packed_count;

static void count_only_packed(void *context, ig_linear *linear) {
  packed_count *c = context;
  const ig_model *m = c->model;
  if (linear->weight != m->source_embedding.weight && linear->weight != m->target_embedding.weight)
    c->floats += (size_t)linear->in * (size_t)linear->out;
}

ig_status ig_pack_bytes(ig_model *m, size_t *bytes, ig_error *err) {
  ig_nn nn = {0};
  IG_TRY(ig_kernels_select(&nn.kernels, err));
  ig_arena plan = ig_arena_measure();
  packed_count c = {.model = m};
  ig_layout_linears(m, count_only_packed, &c);
  ig_layout_linears(m, take_linear, &(linear_packing){&nn, &plan});
  *bytes = plan.peak + (m->value_count - c.floats) * sizeof(float);
  return IG_OK;
}
