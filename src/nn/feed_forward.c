// The feed-forward sublayer, forward and backward.
#include "nn/feed_forward.h"

#include "nn/activation.h"
#include "nn/dropout.h"
#include "nn/rows.h"
#include "nn/scratch.h"

// What ReLU lets through shows in its output, dropout included: an element is above 0 where it was
// kept and its argument was above 0.
static bool needs_preactivation(const ig_feed_forward *ffn) {
  return ffn->activation != IG_ACTIVATION_RELU;
}

void ig_feed_forward_carve(ig_feed_forward_state *state, ig_arena *arena,
                           const ig_feed_forward *ffn, int rows, bool training) {
  const size_t count = (size_t)rows * (size_t)ffn->inner.out;
  *state = (ig_feed_forward_state){0};
  state->hidden = IG_TAKE(arena, float, count);
  if (training && needs_preactivation(ffn)) state->preactivation = IG_TAKE(arena, float, count);
}

void ig_feed_forward_forward(ig_nn *nn, const ig_feed_forward *ffn,
                             const ig_feed_forward_state *state, int rows, const float *input,
                             float *output) {
  const int width = ffn->inner.out;
  if (state->preactivation) {
    ig_linear_forward(nn, &ffn->inner, rows, input, IG_ACTIVATION_NONE, state->preactivation);
    ig_activation_forward(nn, ffn->activation, rows, width, state->preactivation, state->hidden);
  } else {
    ig_linear_forward(nn, &ffn->inner, rows, input, ffn->activation, state->hidden);
  }
  ig_dropout_forward(nn, &ffn->dropout, rows, width, state->hidden, state->hidden);
  ig_linear_forward(nn, &ffn->outer, rows, state->hidden, IG_ACTIVATION_NONE, output);
}

typedef struct relu_backward_work {
  const ig_kernels *kernels;
  const float *hidden;  // (rows, ffn)
  float *dhidden;       // (rows, ffn)
  size_t width;
  float scale;  // of dropout
} relu_backward_work;

static void relu_backward_rows(const void *context, size_t first, size_t last) {
  const relu_backward_work *w = context;
  for (size_t r = first; r < last; r++) {
    float *row = w->dhidden + r * w->width;
    w->kernels->activation_backward(IG_ACTIVATION_RELU, w->width, w->hidden + r * w->width, row,
                                    row);
    if (w->scale != 1.0f) w->kernels->scale(w->width, w->scale, row, row);
  }
}

// dhidden: from the gradient after dropout to that of the activation's argument, in place.
static void hidden_backward(ig_nn *nn, const ig_feed_forward *ffn,
                            const ig_feed_forward_state *state, int rows, float *dhidden) {
  const int width = ffn->inner.out;
  if (state->preactivation) {
    ig_dropout_forward(nn, &ffn->dropout, rows, width, dhidden, dhidden);
    ig_activation_backward(nn, ffn->activation, rows, width, state->preactivation,
                           &(ig_layer_gradient){.doutput = dhidden, .dinput = dhidden});
    return;
  }
  const float scale =
      ig_dropout_active(nn, &ffn->dropout) ? ig_dropout_key(nn, &ffn->dropout, 0).scale : 1.0f;
  const relu_backward_work w = {nn->kernels, state->hidden, dhidden, (size_t)width, scale};
  ig_rows_run(nn, (size_t)rows, 2 * w.width, relu_backward_rows, &w);
}

void ig_feed_forward_backward(ig_nn *nn, const ig_feed_forward *ffn,
                              const ig_feed_forward_state *state, int rows, const float *input,
                              const ig_layer_gradient *gradient) {
  const size_t mark = ig_arena_mark(nn->scratch);
  float *dhidden = IG_TAKE(nn->scratch, float, (size_t)rows *(size_t)ffn->inner.out);
  ig_linear_backward(nn, &ffn->outer, rows, state->hidden,
                     &(ig_layer_gradient){gradient->doutput, dhidden, false});
  hidden_backward(nn, ffn, state, rows, dhidden);
  ig_linear_backward(nn, &ffn->inner, rows, input,
                     &(ig_layer_gradient){dhidden, gradient->dinput, gradient->accumulate});
  ig_arena_release(nn->scratch, mark);
}

size_t ig_feed_forward_scratch(const ig_nn *nn, const ig_feed_forward *ffn, int rows,
                               bool training) {
  ig_arena plan = ig_arena_measure();
  if (training) ig_arena_take(&plan, (size_t)rows * (size_t)ffn->inner.out, sizeof(float));
  return plan.peak + IG_SCRATCH_MOST(ig_linear_scratch(nn, &ffn->inner, rows),
                                     ig_linear_scratch(nn, &ffn->outer, rows));
}
