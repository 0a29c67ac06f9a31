// Self-attention, forward and backward.
#include "nn/self_attention.h"

#include <string.h>

void ig_self_attention_carve(ig_multi_head_attention_state *state, ig_arena *arena,
                             const ig_multi_head_attention *attention, int rows) {
  const size_t d = (size_t)attention->d_model, count = (size_t)rows;
  state->projected = IG_TAKE(arena, float, count * 3 * d);
  state->context = IG_TAKE(arena, float, count *d);
  state->length = IG_TAKE(arena, int, count);
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

// Stores the new rows' keys and values; the keys are all that the cache holds.
static ig_keys cached_keys(const ig_multi_head_attention *attention,
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
                               const ig_multi_head_attention_state *state,
                               const ig_self_attention_args *args, const float *input,
                               float *output) {
  const int count = ig_ragged_rows(&args->rows);
  ig_linear_forward(nn, &attention->query, count, input, IG_ACTIVATION_NONE, state->projected);
  ig_attention_args heads = ig_multi_head_attention_queries(
      attention, &args->rows, args->mask, state->projected, 3 * (size_t)attention->d_model);
  heads.keys = args->cache ? cached_keys(attention, state, count, args->cache)
                           : own_keys(attention, state, &args->rows);
  ig_attention_forward(nn, &heads, state->context);
  ig_linear_forward(nn, &attention->output, count, state->context, IG_ACTIVATION_NONE, output);
}

typedef struct self_gradient_buffers {
  float *dcontext;    // (rows, d)
  float *dprojected;  // (rows, 3d)
} self_gradient_buffers;

static self_gradient_buffers take_gradients(ig_arena *scratch, int rows, size_t d) {
  self_gradient_buffers b;
  b.dcontext = IG_TAKE(scratch, float, (size_t)rows *d);
  b.dprojected = IG_TAKE(scratch, float, (size_t)rows * 3 * d);
  return b;
}

void ig_self_attention_backward(ig_nn *nn, const ig_multi_head_attention *attention,
                                const ig_multi_head_attention_state *state,
                                const ig_self_attention_args *args, const float *input,
                                const ig_layer_gradient *gradient) {
  const int count = ig_ragged_rows(&args->rows);
  const size_t d = (size_t)attention->d_model, mark = ig_arena_mark(nn->scratch);
  const self_gradient_buffers b = take_gradients(nn->scratch, count, d);
  ig_linear_backward(nn, &attention->output, count, state->context,
                     &(ig_layer_gradient){gradient->doutput, b.dcontext, false});
  ig_attention_args heads =
      ig_multi_head_attention_queries(attention, &args->rows, args->mask, state->projected, 3 * d);
  heads.keys = own_keys(attention, state, &args->rows);
  const ig_attention_gradients gradients = {.dquery = b.dprojected,
                                            .dquery_stride = 3 * d,
                                            .dkey = b.dprojected + d,
                                            .dvalue = b.dprojected + 2 * d,
                                            .dkey_stride = 3 * d};
  ig_attention_backward(nn, &heads, b.dcontext, &gradients);
  ig_linear_backward(nn, &attention->query, count, input,
                     &(ig_layer_gradient){b.dprojected, gradient->dinput, gradient->accumulate});
  ig_arena_release(nn->scratch, mark);
}

size_t ig_self_attention_scratch(const ig_nn *nn, const ig_multi_head_attention *attention,
                                 const ig_attention_sizes *sizes) {
  ig_arena plan = ig_arena_measure();
  if (sizes->training) take_gradients(&plan, sizes->rows, (size_t)attention->d_model);
  return plan.peak + ig_multi_head_attention_scratch(nn, attention, sizes);
}
