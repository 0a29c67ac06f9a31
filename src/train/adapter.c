// Effective weights of adapted layers, and gradients of what they are made of.
#include "train/adapter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/random.h"
#include "model/arch/tensor_row.h"
#include "nn/gemm.h"

// ---- memory -----------------------------------------------------------------

// Lays out the values of a layer after those of the layers before it.
static void place_layer(ig_adapter *a, ig_adapter_layer *l, size_t *base, size_t *length) {
  l->a = a->value_count;
  l->b = l->a + l->rank * l->in;
  l->magnitude = l->b + l->out * l->rank;
  l->base = *base;
  l->length = *length;
  a->value_count = l->magnitude + (a->has_magnitudes ? l->out : 0);
  *base += l->out * l->in;
  *length += a->has_magnitudes ? l->out : 0;
}

static void carve(ig_adapter *a, ig_arena *arena) {
  size_t base = 0, length = 0, scaled = 0;
  a->value_count = 0;
  for (size_t i = 0; i < a->count; i++) {
    place_layer(a, &a->layers[i], &base, &length);
    const size_t b = a->layers[i].out * a->layers[i].rank;
    if (b > scaled) scaled = b;
  }
  a->values = IG_TAKE(arena, float, a->value_count);
  a->gradients = IG_TAKE(arena, float, a->value_count);
  a->base = IG_TAKE(arena, float, base);
  a->lengths = IG_TAKE(arena, float, length);
  a->scaled = IG_TAKE(arena, float, scaled);
}

static ig_status fill(ig_adapter *a, const ig_model *m, const ig_adapter_layer *layers,
                      ig_error *err) {
  a->layers = ig_allocate(a->count, sizeof *a->layers, err);
  if (!a->layers) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < a->count; i++) {
    const ig_parameter *p = &m->parameters[layers[i].parameter];
    a->layers[i] = layers[i];
    a->layers[i].out = p->shape[0];
    a->layers[i].in = p->shape[1];
  }
  ig_arena plan = ig_arena_measure();
  carve(a, &plan);
  IG_TRY(ig_arena_create(&a->memory, plan.peak, err));
  carve(a, &a->memory);
  for (size_t i = 0; i < a->count; i++) {
    const ig_adapter_layer *l = &a->layers[i];
    memcpy(a->base + l->base, m->values + m->parameters[l->parameter].offset,
           l->out * l->in * sizeof *a->base);
  }
  return IG_OK;
}

ig_status ig_adapter_create(const ig_model *model, const ig_adapter_layer *layers, size_t count,
                            bool has_magnitudes, ig_adapter **out, ig_error *err) {
  *out = NULL;
  ig_adapter *a = ig_allocate(1, sizeof *a, err);
  if (!a) return IG_ERROR_MEMORY;
  a->count = count;
  a->has_magnitudes = has_magnitudes;
  const ig_status status = fill(a, model, layers, err);
  if (status == IG_OK)
    *out = a;
  else
    ig_adapter_free(a);
  return status;
}

void ig_adapter_free(ig_adapter *a) {
  if (!a) return;
  ig_arena_free(&a->memory);
  ig_arena_free(&a->scratch);
  free(a->layers);
  free(a);
}

// ---- new values -------------------------------------------------------------

static void draw_a(float *values, const ig_adapter_layer *l, const char *weight, uint64_t seed) {
  char name[IG_NAME_SIZE + 16];
  // torch.nn.init.kaiming_uniform_(A, a=sqrt(5)), of which the bound is 1/sqrt(in)
  const double bound = 1 / sqrt((double)l->in);
  snprintf(name, sizeof name, "%s lora_A", weight);
  const uint64_t stream = ig_random_stream(name);
  for (size_t i = 0; i < l->rank * l->in; i++)
    values[i] = (float)(bound * (2 * ig_random_uniform(seed, stream, i) - 1));
}

void ig_adapter_draw(ig_adapter *a, const ig_model *model, const ig_kernels *kernels,
                     uint64_t seed) {
  for (size_t i = 0; i < a->count; i++) {
    const ig_adapter_layer *l = &a->layers[i];
    draw_a(a->values + l->a, l, model->parameters[l->parameter].name, seed);
    memset(a->values + l->b, 0, l->out * l->rank * sizeof *a->values);
    for (size_t o = 0; a->has_magnitudes && o < l->out; o++)
      a->values[l->magnitude + o] =
          (float)sqrt(kernels->sum_squares(l->in, a->base + l->base + o * l->in));
  }
}

// ---- which gradients --------------------------------------------------------

// Weights that one product serves have the same number, above 0: their layer has one gradient.
static int product_of(const ig_parameter *p) {
  if (p->row->bias) return 0;
  switch (p->row->part) {
    case IG_PART_SELF_QUERY:
    case IG_PART_SELF_KEY:
    case IG_PART_SELF_VALUE: return 1;
    case IG_PART_CROSS_QUERY:
    case IG_PART_CROSS_KEY:
    case IG_PART_CROSS_VALUE: return 2;
    case IG_PART_GATE:
    case IG_PART_GATED: return 3;
    default: return 0;
  }
}

static bool share_product(const ig_parameter *a, const ig_parameter *b) {
  return product_of(a) > 0 && product_of(a) == product_of(b) && a->row->stack == b->row->stack &&
         a->layer == b->layer;
}

void ig_adapter_mark_frozen(const ig_adapter *a, const ig_model *model, bool *frozen) {
  for (size_t i = 0; i < model->parameter_count; i++) {
    frozen[i] = true;
    for (size_t k = 0; frozen[i] && k < a->count; k++)
      frozen[i] = a->layers[k].parameter != i &&
                  !share_product(&model->parameters[i], &model->parameters[a->layers[k].parameter]);
  }
}

// ---- products ---------------------------------------------------------------

// The rows of one layer, as tasks of a pool.
typedef struct row_work {
  const ig_kernels *kernels;
  ig_adapter *adapter;
  const ig_adapter_layer *layer;
  float *weight;          // (out, in): W
  const float *gradient;  // (out, in): of W
} row_work;

static ig_nn nn_of(ig_adapter *a, const ig_nn *nn) {
  return (ig_nn){.kernels = nn->kernels, .pool = nn->pool, .scratch = &a->scratch};
}

ig_status ig_adapter_reserve(ig_adapter *a, const ig_nn *nn, ig_error *err) {
  const ig_nn own = nn_of(a, nn);
  size_t most = 0;
  for (size_t i = 0; i < a->count; i++) {
    const ig_adapter_layer *l = &a->layers[i];
    const size_t bytes[] = {ig_gemm_scratch(&own, l->out, l->in, l->rank),
                            ig_gemm_scratch(&own, l->out, l->rank, l->in),
                            ig_gemm_scratch(&own, l->rank, l->in, l->out)};
    for (int k = 0; k < 3; k++)
      if (bytes[k] > most) most = bytes[k];
  }
  IG_TRY(ig_arena_reserve(&a->scratch, most, 0, err));
  ig_arena_touch(&a->scratch, a->scratch.size);
  ig_arena_touch(&a->memory, a->memory.size);
  return IG_OK;
}

// Gives a row of V the length m.
static void set_length(void *context, size_t o, int worker) {
  (void)worker;
  const row_work *w = context;
  const ig_adapter_layer *l = w->layer;
  float *row = w->weight + o * l->in;
  const float length = (float)sqrt(w->kernels->sum_squares(l->in, row));
  const float magnitude = w->adapter->values[l->magnitude + o];
  w->adapter->lengths[l->length + o] = length;
  w->kernels->scale(l->in, length > 0 ? magnitude / length : 0, row, row);
}

void ig_adapter_apply(ig_adapter *a, const ig_model *model, const ig_nn *nn) {
  ig_nn own = nn_of(a, nn);
  for (size_t i = 0; i < a->count; i++) {
    const ig_adapter_layer *l = &a->layers[i];
    row_work work = {.kernels = nn->kernels,
                     .adapter = a,
                     .layer = l,
                     .weight = model->values + model->parameters[l->parameter].offset};
    memcpy(work.weight, a->base + l->base, l->out * l->in * sizeof *work.weight);
    nn->kernels->scale(l->out * l->rank, l->scale, a->values + l->b, a->scaled);
    const ig_gemm product = {.m = l->out,
                             .n = l->in,
                             .k = l->rank,
                             .a = a->scaled,
                             .a_row = l->rank,
                             .a_depth = 1,
                             .b = a->values + l->a,
                             .b_depth = l->in,
                             .b_column = 1,
                             .c = work.weight,
                             .c_row = l->in,
                             .accumulate = true};
    ig_gemm_run(&own, &product);
    if (a->has_magnitudes) ig_pool_run(nn->pool, l->out, set_length, &work);
  }
}

// Of one row: G = dW A^T is there. With f = scale, of DoRA scale m / |V|:
//   dB = f G,  dm = (dW W0 + scale B G) / |V|,  and f B is kept for dA = (f B)^T dW.
static void finish_row(void *context, size_t o, int worker) {
  (void)worker;
  const row_work *w = context;
  ig_adapter *a = w->adapter;
  const ig_adapter_layer *l = w->layer;
  const float *b = a->values + l->b + o * l->rank;
  float *g = a->gradients + l->b + o * l->rank, factor = l->scale;
  if (a->has_magnitudes) {
    const float length = a->lengths[l->length + o];
    const float along =
        w->kernels->dot(l->in, w->gradient + o * l->in, a->base + l->base + o * l->in) +
        l->scale * w->kernels->dot(l->rank, b, g);
    a->gradients[l->magnitude + o] = length > 0 ? along / length : 0;
    factor = length > 0 ? l->scale * a->values[l->magnitude + o] / length : 0;
  }
  for (size_t k = 0; k < l->rank; k++) {
    g[k] *= factor;
    a->scaled[o * l->rank + k] = factor * b[k];
  }
}

void ig_adapter_find_gradients(ig_adapter *a, const ig_model *model, const ig_nn *nn) {
  ig_nn own = nn_of(a, nn);
  for (size_t i = 0; i < a->count; i++) {
    const ig_adapter_layer *l = &a->layers[i];
    row_work work = {.kernels = nn->kernels,
                     .adapter = a,
                     .layer = l,
                     .gradient = model->gradients + model->parameters[l->parameter].offset};
    const ig_gemm of_b = {.m = l->out,
                          .n = l->rank,
                          .k = l->in,
                          .a = work.gradient,
                          .a_row = l->in,
                          .a_depth = 1,
                          .b = a->values + l->a,
                          .b_depth = 1,
                          .b_column = l->in,
                          .c = a->gradients + l->b,
                          .c_row = l->rank};
    ig_gemm_run(&own, &of_b);
    ig_pool_run(nn->pool, l->out, finish_row, &work);
    const ig_gemm of_a = {.m = l->rank,
                          .n = l->in,
                          .k = l->out,
                          .a = a->scaled,
                          .a_row = 1,
                          .a_depth = l->rank,
                          .b = work.gradient,
                          .b_depth = l->in,
                          .b_column = 1,
                          .c = a->gradients + l->a,
                          .c_row = l->in};
    ig_gemm_run(&own, &of_a);
  }
}
