// Projections round attention, forward and backward. Query, key and value of self-attention are one
// product.
#include "nn/multi_head_attention.h"

#include <string.h>

void ig_multi_head_attention_carve(ig_multi_head_attention_state *state, ig_arena *arena,
                                   const ig_multi_head_attention *attention, int rows, bool cross) {
  const size_t d = (size_t)attention->d_model, count = (size_t)rows;
  state->projected = IG_TAKE(arena, float, count *(cross ? d : 3 * d));
  state->context = IG_TAKE(arena, float, count *d);
  state->length = IG_TAKE(arena, int, count);
}

static ig_attention_args attention_args(const ig_multi_head_attention *attention,
                                        const ig_ragged *rows, const ig_attention_mask *mask,
                                        const float *query, size_t stride) {
  ig_attention_args args = {.heads = attention->heads,
                            .head_dim = attention->d_model / attention->heads,
                            .scale = attention->scale,
                            .queries = *rows,
                            .query = query,
                            .query_stride = stride,
                            .dropout = attention->dropout};
  if (mask) args.mask = *mask;
  return args;
}

// Keys that are the rows themselves.
static ig_keys own_keys(const ig_multi_head_attention *attention,
                        const ig_multi_head_attention_state *state, const ig_ragged *rows) {
  const size_t d = (size_t)attention->d_model;
  for (int s = 0; s < rows->sequences; s++)
    state->length[s] = rows->offsets[s + 1] - rows->offsets[s];
  return (ig_keys){.key = state->projected + d,
                   .value = state->projected + 2 * d,
                   .stride = 3 * d,
                   .begin = rows->offsets,
                   .length = state->length};
}

static ig_keys store_in_cache(const ig_multi_head_attention *attention,
                              const ig_multi_head_attention_state *state, int rows,
                              const ig_kv_cache *cache) {
  const size_t d = (size_t)attention->d_model;
  for (int r = 0; r < rows; r++)
    memcpy(cache->rows + (size_t)cache->store[r] * 2 * d, state->projected + (size_t)r * 3 * d + d,
           2 * d * sizeof(float));
  return (ig_keys){.key = cache->rows,
                   .value = cache->rows + d,
                   .stride = 2 * d,
                   .length = cache->length,
                   .index = cache->index,
                   .index_stride = cache->index_stride};
}

void ig_self_attention_forward(ig_nn *nn, const ig_multi_head_attention *attention,
                               const ig_multi_head_attention_state *state, const ig_ragged *rows,
                               const ig_attention_mask *mask, const ig_kv_cache *cache,
                               const float *input, float *output) {
  const int count = ig_ragged_rows(rows);
  ig_linear_forward(nn, &attention->query, count, input, IG_ACTIVATION_NONE, state->projected);
  ig_attention_args args =
      attention_args(attention, rows, mask, state->projected, 3 * (size_t)attention->d_model);
  args.keys =
      cache ? store_in_cache(attention, state, count, cache) : own_keys(attention, state, rows);
  ig_attention_forward(nn, &args, state->context);
  ig_linear_forward(nn, &attention->output, count, state->context, IG_ACTIVATION_NONE, output);
}

typedef struct backward_buffers {
  float *dcontext;    // (rows, d)
  float *dprojected;  // self (rows, 3d), cross (rows, d)
  float *dkey_value;  // cross (memory rows, 2d)
} backward_buffers;

static backward_buffers carve_backward(ig_arena *scratch, const ig_multi_head_attention *attention,
                                       int rows, int memory_rows, bool cross) {
  const size_t d = (size_t)attention->d_model, count = (size_t)rows;
  backward_buffers b = {0};
  b.dcontext = IG_TAKE(scratch, float, count *d);
  b.dprojected = IG_TAKE(scratch, float, count *(cross ? d : 3 * d));
  if (cross) b.dkey_value = IG_TAKE(scratch, float, (size_t)memory_rows * 2 * d);
  return b;
}

void ig_self_attention_backward(ig_nn *nn, const ig_multi_head_attention *attention,
                                const ig_multi_head_attention_state *state, const ig_ragged *rows,
                                const ig_attention_mask *mask, const float *input,
                                const float *doutput, float *dinput, bool accumulate) {
  const int count = ig_ragged_rows(rows);
  const size_t d = (size_t)attention->d_model, mark = ig_arena_mark(nn->scratch);
  const backward_buffers b = carve_backward(nn->scratch, attention, count, count, false);
  ig_linear_backward(nn, &attention->output, count, state->context, doutput, b.dcontext, false);
  ig_attention_args args = attention_args(attention, rows, mask, state->projected, 3 * d);
  args.keys = own_keys(attention, state, rows);
  const ig_attention_gradients gradients = {.dquery = b.dprojected,
                                            .dquery_stride = 3 * d,
                                            .dkey = b.dprojected + d,
                                            .dvalue = b.dprojected + 2 * d,
                                            .dkey_stride = 3 * d};
  ig_attention_backward(nn, &args, b.dcontext, &gradients);
  ig_linear_backward(nn, &attention->query, count, input, b.dprojected, dinput, accumulate);
  ig_arena_release(nn->scratch, mark);
}

void ig_cross_attention_keys(ig_nn *nn, const ig_multi_head_attention *attention, int memory_rows,
                             const float *memory, float *key_value) {
  ig_linear_forward(nn, &attention->key_value, memory_rows, memory, IG_ACTIVATION_NONE, key_value);
}

void ig_cross_attention_forward(ig_nn *nn, const ig_multi_head_attention *attention,
                                const ig_multi_head_attention_state *state, const ig_ragged *rows,
                                const ig_keys *keys, const ig_attention_mask *mask,
                                const float *input, float *output) {
  const int count = ig_ragged_rows(rows);
  ig_linear_forward(nn, &attention->query, count, input, IG_ACTIVATION_NONE, state->projected);
  ig_attention_args args =
      attention_args(attention, rows, mask, state->projected, (size_t)attention->d_model);
  args.keys = *keys;
  ig_attention_forward(nn, &args, state->context);
  ig_linear_forward(nn, &attention->output, count, state->context, IG_ACTIVATION_NONE, output);
}

void ig_cross_attention_backward(ig_nn *nn, const ig_multi_head_attention *attention,
                                 const ig_multi_head_attention_state *state, const ig_ragged *rows,
                                 const ig_keys *keys, const ig_attention_mask *mask,
                                 const float *input, const float *doutput, float *dinput,
                                 bool accumulate, int memory_rows, const float *memory,
                                 float *dmemory) {
  const int count = ig_ragged_rows(rows);
  const size_t d = (size_t)attention->d_model, mark = ig_arena_mark(nn->scratch);
  const backward_buffers b = carve_backward(nn->scratch, attention, count, memory_rows, true);
  ig_linear_backward(nn, &attention->output, count, state->context, doutput, b.dcontext, false);
  ig_attention_args args = attention_args(attention, rows, mask, state->projected, d);
  args.keys = *keys;
  const ig_attention_gradients gradients = {.dquery = b.dprojected,
                                            .dquery_stride = d,
                                            .dkey = b.dkey_value,
                                            .dvalue = b.dkey_value + d,
                                            .dkey_stride = 2 * d};
  ig_attention_backward(nn, &args, b.dcontext, &gradients);
  ig_linear_backward(nn, &attention->query, count, input, b.dprojected, dinput, accumulate);
  ig_linear_backward(nn, &attention->key_value, memory_rows, memory, b.dkey_value, dmemory, true);
  ig_arena_release(nn->scratch, mark);
}

size_t ig_multi_head_attention_scratch(const ig_nn *nn, const ig_multi_head_attention *attention,
                                       const ig_attention_sizes *sizes) {
  const bool cross = attention->key_value.out > 0;
  const size_t parts[] = {
      ig_linear_scratch(nn, &attention->query, sizes->rows),
      ig_linear_scratch(nn, &attention->key_value, sizes->memory_rows),
      ig_linear_scratch(nn, &attention->output, sizes->rows),
      ig_attention_scratch(nn, attention->d_model / attention->heads, sizes->max_keys)};
  size_t most = 0;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (parts[i] > most) most = parts[i];
  if (!sizes->training) return most;
  ig_arena plan = ig_arena_measure();
  carve_backward(&plan, attention, sizes->rows, sizes->memory_rows, cross);
  return plan.peak + most;
}
