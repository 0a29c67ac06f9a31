// Cross-attention, forward and backward.
#include "nn/cross_attention.h"

void ig_cross_attention_carve(ig_multi_head_attention_state *state, ig_arena *arena,
                              const ig_multi_head_attention *attention, int rows) {
  const size_t values = (size_t)rows * ig_multi_head_attention_width(attention);
  state->projected = IG_TAKE(arena, float, values);
  state->context = IG_TAKE(arena, float, values);
  state->length = IG_TAKE(arena, int, rows);
}

// Where keys and values are computed that will be stored in bfloat16.
static float *take_keys(ig_arena *scratch, const ig_multi_head_attention *attention,
                        int memory_rows) {
  return IG_TAKE(scratch, float,
                 (size_t)memory_rows * 2 * ig_multi_head_attention_width(attention));
}

void ig_cross_attention_keys(ig_nn *nn, const ig_multi_head_attention *attention, int memory_rows,
                             const float *memory, ig_kv_rows rows) {
  const size_t mark = ig_arena_mark(nn->scratch);
  float *computed = rows.fp32 ? rows.fp32 : take_keys(nn->scratch, attention, memory_rows);
  ig_linear_forward(nn, &attention->key_value, memory_rows, memory, IG_ACTIVATION_NONE, computed);
  if (rows.bf16)
    ig_kv_rows_store(rows, (size_t)memory_rows * 2 * ig_multi_head_attention_width(attention),
                     computed);
  ig_arena_release(nn->scratch, mark);
}

static ig_attention_args attention_args(const ig_multi_head_attention *attention,
                                        const ig_multi_head_attention_state *state,
                                        const ig_cross_attention_args *args) {
  ig_attention_args heads =
      ig_multi_head_attention_queries(attention, &args->rows, args->mask, state->projected,
                                      ig_multi_head_attention_width(attention));
  heads.keys = args->keys;
  return heads;
}

void ig_cross_attention_forward(ig_nn *nn, const ig_multi_head_attention *attention,
                                const ig_multi_head_attention_state *state,
                                const ig_cross_attention_args *args, const float *input,
                                float *output) {
  const int count = ig_ragged_rows(&args->rows);
  ig_linear_forward(nn, &attention->query, count, input, IG_ACTIVATION_NONE, state->projected);
  const ig_attention_args heads = attention_args(attention, state, args);
  ig_attention_forward(nn, &heads, state->context);
  ig_linear_forward(nn, &attention->output, count, state->context, IG_ACTIVATION_NONE, output);
}

void ig_cross_attention_weights(ig_nn *nn, const ig_multi_head_attention *attention,
                                const ig_multi_head_attention_state *state,
                                const ig_cross_attention_args *args,
                                const ig_attention_weights *out) {
  const ig_attention_args heads = attention_args(attention, state, args);
  ig_attention_probabilities(nn, &heads, out);
}

typedef struct cross_gradient_buffers {
  float *dcontext;    // (rows, w)
  float *dprojected;  // (rows, w)
  float *dkey_value;  // (memory rows, 2w)
} cross_gradient_buffers;

static cross_gradient_buffers take_gradients(ig_arena *scratch, int rows, int memory_rows,
                                             size_t width) {
  cross_gradient_buffers b;
  b.dcontext = IG_TAKE(scratch, float, (size_t)rows *width);
  b.dprojected = IG_TAKE(scratch, float, (size_t)rows *width);
  b.dkey_value = IG_TAKE(scratch, float, (size_t)memory_rows * 2 * width);
  return b;
}

void ig_cross_attention_backward(ig_nn *nn, const ig_multi_head_attention *attention,
                                 const ig_multi_head_attention_state *state,
                                 const ig_cross_attention_args *args, const float *input,
                                 const ig_cross_attention_gradient *gradient) {
  const int count = ig_ragged_rows(&args->rows), memory_rows = gradient->memory_rows;
  const ig_layer_gradient *rows = &gradient->rows;
  const size_t width = ig_multi_head_attention_width(attention), mark = ig_arena_mark(nn->scratch);
  const cross_gradient_buffers b = take_gradients(nn->scratch, count, memory_rows, width);
  ig_linear_backward(nn, &attention->output, count, state->context,
                     &(ig_layer_gradient){rows->doutput, b.dcontext, false});
  const ig_attention_args heads = attention_args(attention, state, args);
  const ig_attention_gradients gradients = {.dquery = b.dprojected,
                                            .dquery_stride = width,
                                            .dkey = b.dkey_value,
                                            .dvalue = b.dkey_value + width,
                                            .dkey_stride = 2 * width};
  ig_attention_backward(nn, &heads, b.dcontext, &gradients);
  ig_linear_backward(nn, &attention->query, count, input,
                     &(ig_layer_gradient){b.dprojected, rows->dinput, rows->accumulate});
  ig_linear_backward(nn, &attention->key_value, memory_rows, gradient->memory,
                     &(ig_layer_gradient){b.dkey_value, gradient->dmemory, true});
  ig_arena_release(nn->scratch, mark);
}

size_t ig_cross_attention_scratch(const ig_nn *nn, const ig_multi_head_attention *attention,
                                  const ig_attention_sizes *sizes) {
  ig_arena plan = ig_arena_measure();
  if (sizes->training)
    take_gradients(&plan, sizes->rows, sizes->memory_rows,
                   ig_multi_head_attention_width(attention));
  else
    take_keys(&plan, attention, sizes->memory_rows);
  return plan.peak + ig_multi_head_attention_scratch(nn, attention, sizes);
}
