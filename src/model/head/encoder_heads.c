// The heads of encoders. All run the same way; they differ in the rows that they read and in what
// the output layer's columns mean.
#include "model/head/encoder_heads.h"

#include "nn/scratch.h"

int ig_encoder_heads_columns(const ig_model *model) { return model->output.out; }

// The rows through the dense layer and the norm, where the model has them: in scratch, or hidden.
static const float *transform_rows(ig_nn *nn, const ig_model *m, int rows, const float *hidden) {
  if (!m->head_dense.out) return hidden;
  const size_t values = (size_t)rows * (size_t)m->head_dense.out;
  float *dense = IG_TAKE(nn->scratch, float, values);
  ig_linear_forward(nn, &m->head_dense, rows, hidden, m->config.head.activation, dense);
  if (!m->head_norm.weight) return dense;
  float *normed = IG_TAKE(nn->scratch, float, values);
  ig_norm_state state;
  ig_norm_carve(&state, nn->scratch, rows);
  ig_norm_forward(nn, &m->head_norm, &state, rows, dense, normed);
  return normed;
}

void ig_encoder_heads_forward(ig_nn *nn, const ig_model *m, int rows, const float *hidden,
                              float *output) {
  if (!m->output.out) return;
  const size_t mark = ig_arena_mark(nn->scratch);
  const float *transformed = transform_rows(nn, m, rows, hidden);
  ig_linear_forward(nn, &m->output, rows, transformed, IG_ACTIVATION_NONE, output);
  ig_arena_release(nn->scratch, mark);
}

size_t ig_encoder_heads_forward_scratch(const ig_nn *nn, const ig_model *m, int rows) {
  if (!m->output.out) return 0;
  const size_t output = ig_linear_scratch(nn, &m->output, rows);
  if (!m->head_dense.out) return output;
  ig_arena plan = ig_arena_measure();
  const size_t values = (size_t)rows * (size_t)m->head_dense.out;
  IG_TAKE(&plan, float, values);
  if (m->head_norm.weight) {
    ig_norm_state state;
    IG_TAKE(&plan, float, values);
    ig_norm_carve(&state, &plan, rows);
  }
  return plan.peak + IG_SCRATCH_MOST(output, ig_linear_scratch(nn, &m->head_dense, rows));
}

#define ENCODER_HEAD(called, sequences)                                                      \
  {                                                                                          \
    .name = called, .of_sequences = sequences, .outputs = ig_encoder_heads_columns,          \
    .forward = ig_encoder_heads_forward, .forward_scratch = ig_encoder_heads_forward_scratch \
  }

const ig_head ig_head_none = ENCODER_HEAD("none", false);
const ig_head ig_head_classes = ENCODER_HEAD("classes of sequences", true);
const ig_head ig_head_token_classes = ENCODER_HEAD("classes of tokens", false);
