// Self-attention, forward and backward.
#include "nn/self_attention.h"

#include <string.h>

void ig_self_attention_carve(ig_multi_head_attention_state *state, ig_arena *arena,
                             const ig_multi_head_attention *attention, int rows) {
  const size_t width = ig_multi_head_attention_width(attention), count = (size_t)rows;
  state->projected = IG_TAKE(arena, float, count * 3 * width);
  state->context = IG_TAKE(arena, float, count *width);
  state->length = IG_TAKE(arena, int, count);
}

// Keys that are the rows themselves.
static ig_keys own_keys(const ig_multi_head_attention *attention,
                        const ig_multi_head_attention_state *state, const ig_ragged *rows) {
  const size_t width = ig_multi_head_attention_width(attention);
  for (int s = 0; s < rows->sequences; s++)
    state->length[s] = rows->offsets[s + 1] - rows->offsets[s];
  return (ig_keys){.key = {.fp32 = state->projected + width},
                   .value = {.fp32 = state->projected + 2 * width},
                   .stride = 3 * width,
                   .begin = rows->offsets,
                   .length = state->length};
}

// Stores the new rows' keys and values; the keys are all that the cache holds.
static ig_keys cached_keys(const ig_multi_head_attention *attention,
                           const ig_multi_head_attention_state *state, int rows,
                           const ig_kv_cache *cache) {
  const size_t width = ig_multi_head_attention_width(attention);
  for (int r = 0; r < rows; r++)
    ig_kv_rows_store(ig_kv_rows_from(cache->rows, (size_t)cache->store[r] * 2 * width), 2 * width,
                     state->projected + (size_t)r * 3 * width + width);
  return (ig_keys){.key = cache->rows,
                   .value = ig_kv_rows_from(cache->rows, width),
                   .stride = 2 * width,
                   .length = cache->length,
                   .index = cache->index,
                   .index_stride = cache->index_stride};
}

// Floats of the biases of all heads, for sequences of at most `longest` keys.
static size_t bias_floats(const ig_multi_head_attention *attention, int longest) {
  return longest < 1 ? 0 : (size_t)attention->heads * (2 * (size_t)longest - 1);
}

// Spreads the relative bias over the distances of the longest sequence, in scratch memory.
static void take_bias(ig_nn *nn, const ig_multi_head_attention *attention,
                      ig_attention_args *heads) {
  if (!attention->bias.weight) return;
  int longest = 0;
  for (int s = 0; s < heads->queries.sequences; s++)
    if (heads->keys.length[s] > longest) longest = heads->keys.length[s];
  if (longest < 1) return;
  float *values = IG_TAKE(nn->scratch, float, bias_floats(attention, longest));
  ig_relative_bias_spread(&attention->bias, longest, values);
  heads->mask.distance = values + longest - 1;
  heads->mask.distance_head = 2 * (size_t)longest - 1;
}

void ig_self_attention_forward(ig_nn *nn, const ig_multi_head_attention *attention,
                               const ig_multi_head_attention_state *state,
                               const ig_self_attention_args *args, const float *input,
                               float *output) {
  const int count = ig_ragged_rows(&args->rows);
  const size_t mark = ig_arena_mark(nn->scratch);
  ig_linear_forward(nn, &attention->query, count, input, IG_ACTIVATION_NONE, state->projected);
  ig_attention_args heads =
      ig_multi_head_attention_queries(attention, &args->rows, args->mask, state->projected,
                                      3 * ig_multi_head_attention_width(attention));
  heads.keys = args->cache ? cached_keys(attention, state, count, args->cache)
                           : own_keys(attention, state, &args->rows);
  take_bias(nn, attention, &heads);
  ig_attention_forward(nn, &heads, state->context);
  ig_arena_release(nn->scratch, mark);
  ig_linear_forward(nn, &attention->output, count, state->context, IG_ACTIVATION_NONE, output);
}

typedef struct self_gradient_buffers {
  float *dcontext;    // (rows, w)
  float *dprojected;  // (rows, 3w)
  float *ddistance;   // NULL without a relative bias; else as nn/attention.h says
} self_gradient_buffers;

static self_gradient_buffers take_gradients(ig_arena *scratch,
                                            const ig_multi_head_attention *attention, int rows) {
  const size_t width = ig_multi_head_attention_width(attention), count = (size_t)rows;
  self_gradient_buffers b = {0};
  b.dcontext = IG_TAKE(scratch, float, count *width);
  b.dprojected = IG_TAKE(scratch, float, count * 3 * width);
  if (attention->bias.weight)
    b.ddistance = IG_TAKE(scratch, float, 2 * count * (size_t)attention->heads);
  return b;
}

void ig_self_attention_backward(ig_nn *nn, const ig_multi_head_attention *attention,
                                const ig_multi_head_attention_state *state,
                                const ig_self_attention_args *args, const float *input,
                                const ig_layer_gradient *gradient) {
  const int count = ig_ragged_rows(&args->rows);
  const size_t width = ig_multi_head_attention_width(attention), mark = ig_arena_mark(nn->scratch);
  const self_gradient_buffers b = take_gradients(nn->scratch, attention, count);
  ig_linear_backward(nn, &attention->output, count, state->context,
                     &(ig_layer_gradient){gradient->doutput, b.dcontext, false});
  ig_attention_args heads = ig_multi_head_attention_queries(attention, &args->rows, args->mask,
                                                            state->projected, 3 * width);
  heads.keys = own_keys(attention, state, &args->rows);
  take_bias(nn, attention, &heads);
  const ig_attention_gradients gradients = {.dquery = b.dprojected,
                                            .dquery_stride = 3 * width,
                                            .dkey = b.dprojected + width,
                                            .dvalue = b.dprojected + 2 * width,
                                            .dkey_stride = 3 * width,
                                            .ddistance = b.ddistance};
  ig_attention_backward(nn, &heads, b.dcontext, &gradients);
  if (attention->bias.weight_gradient)
    ig_relative_bias_gather(nn, &attention->bias, &args->rows, b.ddistance);
  ig_linear_backward(nn, &attention->query, count, input,
                     &(ig_layer_gradient){b.dprojected, gradient->dinput, gradient->accumulate});
  ig_arena_release(nn->scratch, mark);
}

size_t ig_self_attention_scratch(const ig_nn *nn, const ig_multi_head_attention *attention,
                                 const ig_attention_sizes *sizes) {
  ig_arena plan = ig_arena_measure();
  if (sizes->training) take_gradients(&plan, attention, sizes->rows);
  if (attention->bias.weight)
    ig_arena_take(&plan, bias_floats(attention, sizes->max_keys), sizeof(float));
  return plan.peak + ig_multi_head_attention_scratch(nn, attention, sizes);
}
