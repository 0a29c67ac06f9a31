// Projections round attention, forward and backward. Query, key and value of self-attention are one product.
#include "nn/multi_head_attention.h"

#include <string.h>

void ig_multi_head_attention_carve(ig_multi_head_attention_state *state, ig_arena *arena, const ig_multi_head_attention *attention,
                                   const ig_ragged *queries, const ig_ragged *keys, bool cross, bool training) {
  const size_t rows = (size_t)ig_ragged_rows(queries), d = (size_t)attention->d_model, width = cross ? d : 3 * d;
  *state = (ig_multi_head_attention_state){0};
  state->projected = IG_TAKE(arena, float, rows *width);
  state->context = IG_TAKE(arena, float, rows *d);
  state->length = IG_TAKE(arena, int, rows);  // as many sequences at most
  if (!training) return;
  state->probabilities = IG_TAKE(arena, float, ig_attention_probabilities(attention->heads, queries, keys));
  state->dprojected = IG_TAKE(arena, float, rows *width);
  state->dcontext = IG_TAKE(arena, float, rows *d);
}

static ig_attention_args attention_args(const ig_multi_head_attention *attention, const ig_ragged *rows, const ig_attention_mask *mask,
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
static ig_keys own_keys(const ig_multi_head_attention *attention, const ig_multi_head_attention_state *state, const ig_ragged *rows) {
  const size_t d = (size_t)attention->d_model;
  for (int s = 0; s < rows->sequences; s++) state->length[s] = rows->offsets[s + 1] - rows->offsets[s];
  return (ig_keys){.key = state->projected + d, .value = state->projected + 2 * d, .stride = 3 * d, .begin = rows->offsets, .length = state->length};
}

static ig_keys store_in_cache(const ig_multi_head_attention *attention, const ig_multi_head_attention_state *state, int rows,
                              const ig_kv_cache *cache) {
  const size_t d = (size_t)attention->d_model;
  for (int r = 0; r < rows; r++)
    memcpy(cache->rows + (size_t)cache->store[r] * 2 * d, state->projected + (size_t)r * 3 * d + d, 2 * d * sizeof(float));
  return (ig_keys){.key = cache->rows,
                   .value = cache->rows + d,
                   .stride = 2 * d,
                   .length = cache->length,
                   .index = cache->index,
                   .index_stride = cache->index_stride};
}

void ig_self_attention_forward(ig_nn *nn, const ig_multi_head_attention *attention, const ig_multi_head_attention_state *state, const ig_ragged *rows,
                               const ig_attention_mask *mask, const ig_kv_cache *cache, const float *input, float *output) {
  const int count = ig_ragged_rows(rows);
  ig_linear_forward(nn, &attention->query, count, input, IG_ACTIVATION_NONE, state->projected);
  ig_attention_args args = attention_args(attention, rows, mask, state->projected, 3 * (size_t)attention->d_model);
  args.keys = cache ? store_in_cache(attention, state, count, cache) : own_keys(attention, state, rows);
  ig_attention_forward(nn, &args, state->probabilities, state->context);
  ig_linear_forward(nn, &attention->output, count, state->context, IG_ACTIVATION_NONE, output);
}

void ig_self_attention_backward(ig_nn *nn, const ig_multi_head_attention *attention, const ig_multi_head_attention_state *state,
                                const ig_ragged *rows, const ig_attention_mask *mask, const float *input, const float *doutput, float *dinput,
                                bool accumulate) {
  const int count = ig_ragged_rows(rows);
  const size_t d = (size_t)attention->d_model;
  ig_linear_backward(nn, &attention->output, count, state->context, doutput, state->dcontext, false);
  ig_attention_args args = attention_args(attention, rows, mask, state->projected, 3 * d);
  args.keys = own_keys(attention, state, rows);
  const ig_attention_gradients gradients = {
      .dquery = state->dprojected, .dquery_stride = 3 * d, .dkey = state->dprojected + d, .dvalue = state->dprojected + 2 * d, .dkey_stride = 3 * d};
  ig_attention_backward(nn, &args, state->probabilities, state->dcontext, &gradients);
  ig_linear_backward(nn, &attention->query, count, input, state->dprojected, dinput, accumulate);
}

void ig_cross_attention_keys(ig_nn *nn, const ig_multi_head_attention *attention, int memory_rows, const float *memory, float *key_value) {
  ig_linear_forward(nn, &attention->key_value, memory_rows, memory, IG_ACTIVATION_NONE, key_value);
}

void ig_cross_attention_forward(ig_nn *nn, const ig_multi_head_attention *attention, const ig_multi_head_attention_state *state,
                                const ig_ragged *rows, const ig_keys *keys, const ig_attention_mask *mask, const float *input, float *output) {
  const int count = ig_ragged_rows(rows);
  ig_linear_forward(nn, &attention->query, count, input, IG_ACTIVATION_NONE, state->projected);
  ig_attention_args args = attention_args(attention, rows, mask, state->projected, (size_t)attention->d_model);
  args.keys = *keys;
  ig_attention_forward(nn, &args, state->probabilities, state->context);
  ig_linear_forward(nn, &attention->output, count, state->context, IG_ACTIVATION_NONE, output);
}

void ig_cross_attention_backward(ig_nn *nn, const ig_multi_head_attention *attention, const ig_multi_head_attention_state *state,
                                 const ig_ragged *rows, const ig_keys *keys, const ig_attention_mask *mask, const float *input, const float *doutput,
                                 float *dinput, bool accumulate, int memory_rows, const float *memory, float *dkey_value, float *dmemory) {
  const int count = ig_ragged_rows(rows);
  const size_t d = (size_t)attention->d_model;
  ig_linear_backward(nn, &attention->output, count, state->context, doutput, state->dcontext, false);
  ig_attention_args args = attention_args(attention, rows, mask, state->projected, d);
  args.keys = *keys;
  const ig_attention_gradients gradients = {
      .dquery = state->dprojected, .dquery_stride = d, .dkey = dkey_value, .dvalue = dkey_value + d, .dkey_stride = 2 * d};
  ig_attention_backward(nn, &args, state->probabilities, state->dcontext, &gradients);
  ig_linear_backward(nn, &attention->query, count, input, state->dprojected, dinput, accumulate);
  ig_linear_backward(nn, &attention->key_value, memory_rows, memory, dkey_value, dmemory, true);
}

size_t ig_multi_head_attention_scratch(const ig_nn *nn, const ig_multi_head_attention *attention, int rows, int memory_rows, int max_queries,
                                       int max_keys) {
  const ig_attention_bounds bounds = {attention->d_model / attention->heads, rows, max_queries, max_keys};
  const size_t sizes[] = {ig_linear_scratch(nn, &attention->query, rows), ig_linear_scratch(nn, &attention->key_value, memory_rows),
                          ig_linear_scratch(nn, &attention->output, rows), ig_attention_scratch(nn, &bounds)};
  size_t most = 0;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (sizes[i] > most) most = sizes[i];
  return most;
}
