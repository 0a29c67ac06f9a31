// The head of a language model: a linear layer over the target vocabulary, whose weight may be the
// target embedding and whose bias is the trained one or the constant logits bias.
#include "model/head/head.h"

#include "nn/scratch.h"

static int vocabulary_size(const ig_model *model) { return model->output.out; }

static void forward_logits(ig_nn *nn, const ig_model *model, int rows, const float *hidden,
                           float *output) {
  ig_linear_forward(nn, &model->output, rows, hidden, IG_ACTIVATION_NONE, output);
}

static void read_logits(ig_nn *nn, const ig_model *model, int rows, const float *hidden,
                        const ig_gemm_reader *reader) {
  ig_linear_read(nn, &model->output, rows, hidden, reader);
}

static size_t reading_scratch(const ig_nn *nn, const ig_model *model, int rows) {
  return ig_linear_read_scratch(nn, &model->output, rows);
}

static ig_loss_args loss_args(const ig_model *model, const ig_head_targets *targets) {
  return (ig_loss_args){.output = model->output,
                        .label_smoothing = targets->label_smoothing,
                        .gradient_scale = targets->gradient_scale,
                        .targets = targets->ids,
                        .soft = targets->soft,
                        .entropy = targets->entropy,
                        .r_drop = targets->r_drop};
}

static ig_loss_sums cross_entropy(ig_nn *nn, const ig_model *model, const ig_head_targets *targets,
                                  int rows, const float *hidden, float *dhidden) {
  const ig_loss_args args = loss_args(model, targets);
  return ig_loss_run(nn, &args, rows, hidden, dhidden);
}

static void target_log_probs(ig_nn *nn, const ig_model *model, const ig_head_targets *targets,
                             int rows, const float *hidden, float *log_probs) {
  const ig_loss_args args = loss_args(model, targets);
  ig_loss_log_probs(nn, &args, rows, hidden, log_probs);
}

static size_t logits_scratch(const ig_nn *nn, const ig_model *model, int rows) {
  return ig_linear_scratch(nn, &model->output, rows);
}

static size_t all_scratch(const ig_nn *nn, const ig_model *model, const ig_head_targets *targets,
                          int rows) {
  const ig_loss_args args = loss_args(model, targets);
  return IG_SCRATCH_MOST(ig_loss_scratch(nn, &args, rows), logits_scratch(nn, model, rows));
}

const ig_head ig_head_language_model = {
    .name = "language model",
    .outputs = vocabulary_size,
    .forward = forward_logits,
    .read = read_logits,
    .read_scratch = reading_scratch,
    .loss = cross_entropy,
    .log_probs = target_log_probs,
    .forward_scratch = logits_scratch,
    .scratch = all_scratch,
};
