// The feed-forward sublayer, forward and backward.
#include "nn/feed_forward.h"

#include "nn/activation.h"
#include "nn/dropout.h"

void ig_feed_forward_carve(ig_feed_forward_state *state, ig_arena *arena, const ig_feed_forward *ffn, int rows, bool training) {
  const size_t count = (size_t)rows * (size_t)ffn->inner.out;
  *state = (ig_feed_forward_state){0};
  state->hidden = IG_TAKE(arena, float, count);
  if (!training) return;
  state->preactivation = IG_TAKE(arena, float, count);
  state->dhidden = IG_TAKE(arena, float, count);
}

void ig_feed_forward_forward(ig_nn *nn, const ig_feed_forward *ffn, const ig_feed_forward_state *state, int rows, const float *input, float *output) {
  const int width = ffn->inner.out;
  if (state->preactivation) {
    ig_linear_forward(nn, &ffn->inner, rows, input, IG_ACTIVATION_NONE, state->preactivation);
    ig_activation_forward(nn, ffn->activation, rows, width, state->preactivation, state->hidden);
    ig_dropout_forward(nn, &ffn->dropout, rows, width, state->hidden, state->hidden);
  } else {
    ig_linear_forward(nn, &ffn->inner, rows, input, ffn->activation, state->hidden);
  }
  ig_linear_forward(nn, &ffn->outer, rows, state->hidden, IG_ACTIVATION_NONE, output);
}

void ig_feed_forward_backward(ig_nn *nn, const ig_feed_forward *ffn, const ig_feed_forward_state *state, int rows, const float *input,
                              const float *doutput, float *dinput, bool accumulate) {
  const int width = ffn->inner.out;
  ig_linear_backward(nn, &ffn->outer, rows, state->hidden, doutput, state->dhidden, false);
  ig_dropout_forward(nn, &ffn->dropout, rows, width, state->dhidden, state->dhidden);
  ig_activation_backward(nn, ffn->activation, rows, width, state->preactivation, state->dhidden, state->dhidden);
  ig_linear_backward(nn, &ffn->inner, rows, input, state->dhidden, dinput, accumulate);
}

size_t ig_feed_forward_scratch(const ig_nn *nn, const ig_feed_forward *ffn, int rows) {
  const size_t inner = ig_linear_scratch(nn, &ffn->inner, rows), outer = ig_linear_scratch(nn, &ffn->outer, rows);
  return inner > outer ? inner : outer;
}
