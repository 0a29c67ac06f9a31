// The heads of encoders. All run the same way; they differ in the rows that they read and in what
// the output layer's columns mean.
#include "model/head/encoder_heads.h"

#include <math.h>

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

// ---- the loss of spans ------------------------------------------------------
// The mean of two cross-entropies, of where the answer begins and of where it ends, over all rows
// of a sequence   (Devlin et al. 2019, 4.2, and BertForQuestionAnswering).

enum { COLUMNS = 2 };

// Of one column of a sequence: -log p(target). logits (rows, 2) become the gradient times scale.
static double column_loss(float *logits, int rows, int target, float scale) {
  float most = -INFINITY;
  for (int r = 0; r < rows; r++)
    if (logits[r * COLUMNS] > most) most = logits[r * COLUMNS];
  double sum = 0;
  for (int r = 0; r < rows; r++) sum += exp((double)(logits[r * COLUMNS] - most));
  const double loss = log(sum) - (double)(logits[target * COLUMNS] - most);
  for (int r = 0; r < rows; r++) {
    const double p = exp((double)(logits[r * COLUMNS] - most)) / sum;
    logits[r * COLUMNS] = (float)((p - (r == target)) * (double)scale);
  }
  return loss;
}

static ig_loss_sums span_loss(ig_nn *nn, const ig_model *m, const ig_head_targets *targets,
                              int rows, const float *hidden, float *dhidden) {
  const size_t mark = ig_arena_mark(nn->scratch);
  float *logits = IG_TAKE(nn->scratch, float, (size_t)rows *COLUMNS);
  ig_loss_sums sums = {0};
  ig_linear_forward(nn, &m->output, rows, hidden, IG_ACTIVATION_NONE, logits);
  for (int s = 0; s < targets->sequences->sequences; s++) {
    const int first = targets->sequences->offsets[s],
              count = targets->sequences->offsets[s + 1] - first;
    const int *span = targets->spans + s * IG_SPAN_TARGETS;
    for (int c = 0; c < COLUMNS; c++)
      sums.loss +=
          0.5 * column_loss(logits + (size_t)first * COLUMNS + c, count,
                            span[c ? IG_SPAN_END : IG_SPAN_BEGIN], 0.5f * targets->gradient_scale);
  }
  sums.nll = sums.loss;
  sums.tokens = (size_t)targets->sequences->sequences;
  if (dhidden)
    ig_linear_backward(nn, &m->output, rows, hidden,
                       &(ig_layer_gradient){.doutput = logits, .dinput = dhidden});
  ig_arena_release(nn->scratch, mark);
  return sums;
}

static size_t span_scratch(const ig_nn *nn, const ig_model *m, const ig_soft_targets *soft,
                           int rows) {
  (void)soft;
  ig_arena plan = ig_arena_measure();
  IG_TAKE(&plan, float, (size_t)rows *COLUMNS);
  return plan.peak + ig_linear_scratch(nn, &m->output, rows);
}

const ig_head ig_head_none = ENCODER_HEAD("none", false);
const ig_head ig_head_span = {.name = "span",
                              .outputs = ig_encoder_heads_columns,
                              .forward = ig_encoder_heads_forward,
                              .loss = span_loss,
                              .forward_scratch = ig_encoder_heads_forward_scratch,
                              .scratch = span_scratch};
const ig_head ig_head_classes = ENCODER_HEAD("classes of sequences", true);
const ig_head ig_head_token_classes = ENCODER_HEAD("classes of tokens", false);
