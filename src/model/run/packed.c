// Packing the weights of all linear layers. Memory handed over by the system for the first time
// costs more than what is written into it, so that a model opened to run holds each weight once:
// its plain values stay untouched pages.
#include "model/run/packed.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "model/layout.h"

typedef struct packing {
  ig_nn *nn;
  ig_arena *arena;  // measuring, then real
} packing;

static void take_linear(void *context, ig_linear *linear) {
  const packing *p = context;
  linear->packed.data = IG_TAKE(p->arena, char, ig_linear_packed_bytes(p->nn, linear));
}

static void pack_linear(void *context, ig_linear *linear) {
  const packing *p = context;
  linear->packed = ig_linear_pack(p->nn, linear, (void *)linear->packed.data);  // our own arena's
}

static void unpack_linear(void *context, ig_linear *linear) {
  (void)context;
  linear->packed.data = NULL;
}

// Room for every linear layer's packed weight.
static ig_status reserve(ig_model *m, ig_nn *nn, ig_error *err) {
  IG_TRY(ig_kernels_select(&nn->kernels, err));
  ig_arena plan = ig_arena_measure();
  ig_layout_linears(m, take_linear, &(packing){nn, &plan});
  IG_TRY(ig_arena_create(&m->packed, plan.peak, err));
  ig_layout_linears(m, take_linear, &(packing){nn, &m->packed});
  return IG_OK;
}

ig_status ig_model_pack(ig_model *m, ig_error *err) {
  if (m->packed.base) return IG_OK;
  ig_nn nn = {0};
  IG_TRY(reserve(m, &nn, err));
  ig_layout_linears(m, pack_linear, &(packing){.nn = &nn});
  return IG_OK;
}

void ig_model_unpack(ig_model *m) {
  if (!m->packed.base) return;
  ig_layout_linears(m, unpack_linear, NULL);
  ig_arena_free(&m->packed);
}

// ---- straight from the file -------------------------------------------------

// A linear layer and the parameters that its weight lies in: query, key and value of an attention
// are one, or a part of one is another layer's.
typedef struct ig_packed_linear {
  ig_linear *linear;
  size_t first, last;  // parameters
  bool plain;          // also read as it stands: a tied embedding
  ig_status status;
  ig_error error;
} ig_packed_linear;

typedef struct reading {
  ig_model *model;
  const ig_safetensor *const *tensors;  // (parameter_count)
  ig_nn nn;                             // serial: the layers are spread over the threads
  ig_packed_linear *linears;
  size_t count;
  float *buffers;  // (threads, buffer)
  size_t buffer;   // floats of the longest stretch of parameters that one layer needs
  bool *packed;    // (parameter_count): in no need of plain values
} reading;

static void count_linear(void *context, ig_linear *linear) {
  (void)linear;
  ((reading *)context)->count++;
}

static void list_linear(void *context, ig_linear *linear) {
  reading *r = context;
  const ig_model *m = r->model;
  const size_t begin = (size_t)(linear->weight - m->values),
               end = begin + (size_t)linear->in * (size_t)linear->out;
  ig_packed_linear *l = &r->linears[r->count++];
  l->linear = linear;
  while (m->parameters[l->first].offset + m->parameters[l->first].count <= begin) l->first++;
  for (l->last = l->first;
       l->last + 1 < m->parameter_count && m->parameters[l->last + 1].offset < end;)
    l->last++;
  l->plain = ig_layout_is_embedding(m, &m->parameters[l->first]);
  if (l->plain) return;
  for (size_t i = l->first; i <= l->last; i++) r->packed[i] = true;
  const size_t floats =
      m->parameters[l->last].offset + m->parameters[l->last].count - m->parameters[l->first].offset;
  if (floats > r->buffer) r->buffer = floats;
}

static ig_status read_parameter(const reading *r, size_t index, float *to, ig_error *err) {
  return r->tensors[index] ? ig_safetensors_read_weights(r->tensors[index], to,
                                                         r->model->parameters[index].count, err)
                           : IG_OK;
}

static void pack_task(void *context, size_t index, int worker) {
  reading *r = context;
  ig_packed_linear *l = &r->linears[index];
  const ig_model *m = r->model;
  const size_t begin = m->parameters[l->first].offset;
  ig_linear linear = *l->linear;
  if (!l->plain) {
    float *buffer = r->buffers + (size_t)worker * r->buffer;
    for (size_t i = l->first; i <= l->last && l->status == IG_OK; i++)
      l->status = read_parameter(r, i, buffer + m->parameters[i].offset - begin, &l->error);
    linear.weight = buffer + ((size_t)(l->linear->weight - m->values) - begin);
  }
  if (l->status != IG_OK) return;
  ig_nn nn = r->nn;
  l->linear->packed = ig_linear_pack(&nn, &linear, (void *)l->linear->packed.data);
}

// Embeddings are read whole, and lie before everything else.
static size_t embedding_bytes(const ig_model *m) {
  const ig_embedding *last = &m->target_embedding;
  return ((size_t)(last->weight - m->values) + (size_t)last->vocabulary * (size_t)last->size) *
         sizeof(float);
}

static ig_status read_all(reading *r, ig_pool *pool, ig_error *err) {
  ig_model *m = r->model;
  ig_arena_sparse(&m->memory, embedding_bytes(m));
  for (size_t i = 0; i < m->parameter_count; i++)
    if (!r->packed[i]) IG_TRY(read_parameter(r, i, m->values + m->parameters[i].offset, err));
  ig_arena buffers = {0};
  IG_TRY(ig_layout_reserve(&buffers, r->buffer * (size_t)ig_pool_threads(pool), &r->buffers, err));
  ig_pool_run(pool, r->count, pack_task, r);
  ig_arena_free(&buffers);
  for (size_t i = 0; i < r->count; i++)
    if (r->linears[i].status != IG_OK)
      return ig_fail(err, r->linears[i].status, "%s", r->linears[i].error.message);
  for (size_t i = 0; i < r->count; i++)
    if (!r->linears[i].plain) r->linears[i].linear->weight = NULL;
  return IG_OK;
}

ig_status ig_model_read_packed(ig_model *m, const ig_safetensor *const *tensors, ig_pool *pool,
                               ig_error *err) {
  reading r = {.model = m, .tensors = tensors};
  IG_TRY(reserve(m, &r.nn, err));
  ig_layout_linears(m, count_linear, &r);
  r.linears = ig_allocate(r.count, sizeof *r.linears, err);
  r.packed = ig_allocate(m->parameter_count, sizeof *r.packed, err);
  r.count = 0;
  ig_status status = r.linears && r.packed ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK) {
    ig_layout_linears(m, list_linear, &r);
    status = read_all(&r, pool, err);
  }
  free(r.linears);
  free(r.packed);
  return status;
}

typedef struct counting {
  const ig_model *model;
  size_t only_packed;  // floats
} counting;

static void count_packed(void *context, ig_linear *linear) {
  counting *c = context;
  const ig_model *m = c->model;
  if (linear->weight != m->source_embedding.weight && linear->weight != m->target_embedding.weight)
    c->only_packed += (size_t)linear->in * (size_t)linear->out;
}

ig_status ig_model_packed_bytes(ig_model *m, size_t *bytes, ig_error *err) {
  ig_nn nn = {0};
  IG_TRY(ig_kernels_select(&nn.kernels, err));
  ig_arena plan = ig_arena_measure();
  counting c = {.model = m};
  ig_layout_linears(m, count_packed, &c);
  ig_layout_linears(m, take_linear, &(packing){&nn, &plan});
  *bytes = plan.peak + (m->value_count - c.only_packed) * sizeof(float);
  return IG_OK;
}
