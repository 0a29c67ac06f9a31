// The feed-forward sublayer, forward and backward.
#include "nn/feed_forward.h"

#include "nn/activation.h"
#include "nn/dropout.h"
#include "nn/rows.h"
#include "nn/scratch.h"

// What ReLU lets through shows in its output, dropout included: an element is above 0 where it was
// kept and its argument was above 0.
static bool needs_preactivation(const ig_feed_forward *ffn, bool training) {
  return ffn->gated || (training && ffn->activation != IG_ACTIVATION_RELU);
}

void ig_feed_forward_carve(ig_feed_forward_state *state, ig_arena *arena,
                           const ig_feed_forward *ffn, int rows, bool training) {
  *state = (ig_feed_forward_state){0};
  state->hidden = IG_TAKE(arena, float, (size_t)rows *(size_t)ffn->outer.in);
  if (needs_preactivation(ffn, training))
    state->preactivation = IG_TAKE(arena, float, (size_t)rows *(size_t)ffn->inner.out);
}

typedef struct gate_work {
  const ig_kernels *kernels;
  ig_activation activation;
  const float *preactivation;  // (rows, 2 width): the gate's argument | what it lets through
  float *hidden;               // (rows, width): the product; backward: its gradient
  float *dpreactivation;       // (rows, 2 width)
  size_t width;
} gate_work;

static void gate_forward_rows(const void *context, size_t first, size_t last) {
  const gate_work *w = context;
  for (size_t r = first; r < last; r++) {
    const float *gate = w->preactivation + r * 2 * w->width;
    float *hidden = w->hidden + r * w->width;
    w->kernels->activation(w->activation, w->width, gate, hidden);
    w->kernels->multiply(w->width, hidden, gate + w->width, hidden);
  }
}

// With a = f(g): dg = dh * x * f'(g) and dx = dh * a.
static void gate_backward_rows(const void *context, size_t first, size_t last) {
  const gate_work *w = context;
  const size_t width = w->width;
  for (size_t r = first; r < last; r++) {
    const float *gate = w->preactivation + r * 2 * width, *dhidden = w->hidden + r * width;
    float *dgate = w->dpreactivation + r * 2 * width;
    w->kernels->multiply(width, dhidden, gate + width, dgate);
    w->kernels->activation_backward(w->activation, width, gate, dgate, dgate);
    w->kernels->activation(w->activation, width, gate, dgate + width);
    w->kernels->multiply(width, dgate + width, dhidden, dgate + width);
  }
}

static gate_work gate_work_of(const ig_nn *nn, const ig_feed_forward *ffn,
                              const ig_feed_forward_state *state, float *hidden) {
  return (gate_work){.kernels = nn->kernels,
                     .activation = ffn->activation,
                     .preactivation = state->preactivation,
                     .hidden = hidden,
                     .width = (size_t)ffn->outer.in};
}

void ig_feed_forward_forward(ig_nn *nn, const ig_feed_forward *ffn,
                             const ig_feed_forward_state *state, int rows, const float *input,
                             float *output) {
  const int width = ffn->outer.in;
  if (ffn->gated) {
    ig_linear_forward(nn, &ffn->inner, rows, input, IG_ACTIVATION_NONE, state->preactivation);
    const gate_work w = gate_work_of(nn, ffn, state, state->hidden);
    ig_rows_run(nn, (size_t)rows, 5 * w.width, gate_forward_rows, &w);
  } else if (state->preactivation) {
    ig_linear_forward(nn, &ffn->inner, rows, input, IG_ACTIVATION_NONE, state->preactivation);
    ig_activation_forward(nn, ffn->activation, rows, width, state->preactivation, state->hidden);
  } else {
    ig_linear_forward(nn, &ffn->inner, rows, input, ffn->activation, state->hidden);
  }
  ig_dropout_forward(nn, &ffn->dropout, rows, width, state->hidden, state->hidden);
  ig_linear_forward(nn, &ffn->outer, rows, state->hidden, IG_ACTIVATION_NONE, output);
}

typedef struct hidden_gradients {
  float *dhidden;         // (rows, width)
  float *dpreactivation;  // (rows, 2 width), gated only
} hidden_gradients;

static hidden_gradients take_gradients(ig_arena *scratch, const ig_feed_forward *ffn, int rows) {
  hidden_gradients g = {.dhidden = IG_TAKE(scratch, float, (size_t)rows *(size_t)ffn->outer.in)};
  if (ffn->gated) g.dpreactivation = IG_TAKE(scratch, float, (size_t)rows *(size_t)ffn->inner.out);
  return g;
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

// From dhidden, the gradient after dropout, to that of what the first layer gives, which is
// returned: dhidden itself, or dpreactivation of a gate.
static float *hidden_backward(ig_nn *nn, const ig_feed_forward *ffn,
                              const ig_feed_forward_state *state, int rows,
                              const hidden_gradients *g) {
  const int width = ffn->outer.in;
  float *dhidden = g->dhidden;
  if (ffn->gated) {
    ig_dropout_forward(nn, &ffn->dropout, rows, width, dhidden, dhidden);
    gate_work w = gate_work_of(nn, ffn, state, dhidden);
    w.dpreactivation = g->dpreactivation;
    ig_rows_run(nn, (size_t)rows, 10 * w.width, gate_backward_rows, &w);
    return g->dpreactivation;
  }
  if (state->preactivation) {
    ig_dropout_forward(nn, &ffn->dropout, rows, width, dhidden, dhidden);
    ig_activation_backward(nn, ffn->activation, rows, width, state->preactivation,
                           &(ig_layer_gradient){.doutput = dhidden, .dinput = dhidden});
    return dhidden;
  }
  const float scale =
      ig_dropout_active(nn, &ffn->dropout) ? ig_dropout_key(nn, &ffn->dropout, 0).scale : 1.0f;
  const relu_backward_work w = {nn->kernels, state->hidden, dhidden, (size_t)width, scale};
  ig_rows_run(nn, (size_t)rows, 2 * w.width, relu_backward_rows, &w);
  return dhidden;
}

void ig_feed_forward_backward(ig_nn *nn, const ig_feed_forward *ffn,
                              const ig_feed_forward_state *state, int rows, const float *input,
                              const ig_layer_gradient *gradient) {
  const size_t mark = ig_arena_mark(nn->scratch);
  const hidden_gradients g = take_gradients(nn->scratch, ffn, rows);
  ig_linear_backward(nn, &ffn->outer, rows, state->hidden,
                     &(ig_layer_gradient){gradient->doutput, g.dhidden, false});
  const float *dinner = hidden_backward(nn, ffn, state, rows, &g);
  ig_linear_backward(nn, &ffn->inner, rows, input,
                     &(ig_layer_gradient){dinner, gradient->dinput, gradient->accumulate});
  ig_arena_release(nn->scratch, mark);
}

size_t ig_feed_forward_scratch(const ig_nn *nn, const ig_feed_forward *ffn, int rows,
                               bool training) {
  ig_arena plan = ig_arena_measure();
  if (training) take_gradients(&plan, ffn, rows);
  return plan.peak + IG_SCRATCH_MOST(ig_linear_scratch(nn, &ffn->inner, rows),
                                     ig_linear_scratch(nn, &ffn->outer, rows));
}
