// The head over the vocabulary for tokens that were masked   (Devlin et al. 2019, 3.1): a dense
// layer with an activation, a norm, and an output layer whose weight may be the embedding. Of a
// batch few rows are counted, and in training only those go through it.
#include <string.h>

#include "model/head/encoder_heads.h"
#include "nn/activation.h"
#include "nn/scratch.h"

// The counted rows of a batch on their way through the head. With d = d_model and o = what the
// output layer reads.
typedef struct counted_rows {
  int count;
  int *row, *target;     // (count): of the batch, and what is wanted there
  float *hidden;         // (count, d)
  float *preactivation;  // (count, o); NULL, as activated: the head has no dense layer
  float *activated;      // (count, o)
  float *normed;         // (count, o); NULL: it has no norm
  ig_norm_state norm;
  float *doutput;  // (count, o): of what the output layer reads; NULL without a dense layer
  float *dhidden;  // (count, d)
} counted_rows;

static counted_rows take_rows(ig_arena *arena, const ig_model *m, int count) {
  const size_t n = (size_t)count, d = (size_t)m->config.d_model, o = (size_t)m->output.in;
  counted_rows c = {.count = count};
  c.row = IG_TAKE(arena, int, n);
  c.target = IG_TAKE(arena, int, n);
  c.hidden = IG_TAKE(arena, float, n *d);
  c.dhidden = IG_TAKE(arena, float, n *d);
  if (!m->head_dense.out) return c;
  c.preactivation = IG_TAKE(arena, float, n *o);
  c.activated = IG_TAKE(arena, float, n *o);
  c.doutput = IG_TAKE(arena, float, n *o);
  if (!m->head_norm.weight) return c;
  c.normed = IG_TAKE(arena, float, n *o);
  ig_norm_carve(&c.norm, arena, count);
  return c;
}

static int count_targets(const int *targets, int rows) {
  int count = 0;
  for (int r = 0; r < rows; r++) count += targets[r] >= 0;
  return count;
}

static void gather(const counted_rows *c, size_t d, const int *targets, const float *hidden) {
  for (int r = 0, i = 0; i < c->count; r++) {
    if (targets[r] < 0) continue;
    c->row[i] = r;
    c->target[i] = targets[r];
    memcpy(c->hidden + (size_t)i * d, hidden + (size_t)r * d, d * sizeof *hidden);
    i++;
  }
}

// What the output layer reads.
static const float *transform(ig_nn *nn, const ig_model *m, const counted_rows *c) {
  if (!c->preactivation) return c->hidden;
  ig_linear_forward(nn, &m->head_dense, c->count, c->hidden, IG_ACTIVATION_NONE, c->preactivation);
  ig_activation_forward(nn, m->config.head.activation, c->count, m->head_dense.out,
                        c->preactivation, c->activated);
  if (!c->normed) return c->activated;
  ig_norm_forward(nn, &m->head_norm, &c->norm, c->count, c->activated, c->normed);
  return c->normed;
}

// From doutput, which is overwritten, to dhidden.
static void transform_backward(ig_nn *nn, const ig_model *m, const counted_rows *c) {
  if (!c->preactivation) return;
  const ig_layer_gradient in_place = {.doutput = c->doutput, .dinput = c->doutput};
  if (c->normed) ig_norm_backward(nn, &m->head_norm, &c->norm, c->count, c->activated, &in_place);
  ig_activation_backward(nn, m->config.head.activation, c->count, m->head_dense.out,
                         c->preactivation, &in_place);
  ig_linear_backward(nn, &m->head_dense, c->count, c->hidden,
                     &(ig_layer_gradient){.doutput = c->doutput, .dinput = c->dhidden});
}

static void scatter(const counted_rows *c, size_t d, int rows, float *dhidden) {
  memset(dhidden, 0, (size_t)rows * d * sizeof *dhidden);
  for (int i = 0; i < c->count; i++)
    memcpy(dhidden + (size_t)c->row[i] * d, c->dhidden + (size_t)i * d, d * sizeof *dhidden);
}

static ig_loss_sums masked_loss(ig_nn *nn, const ig_model *m, const ig_head_targets *targets,
                                int rows, const float *hidden, float *dhidden) {
  const size_t mark = ig_arena_mark(nn->scratch), d = (size_t)m->config.d_model;
  const int count = count_targets(targets->ids, rows);
  if (count == 0) {
    if (dhidden) memset(dhidden, 0, (size_t)rows * d * sizeof *dhidden);
    return (ig_loss_sums){0};
  }
  const counted_rows c = take_rows(nn->scratch, m, count);
  const ig_loss_args args = {.output = m->output,
                             .label_smoothing = targets->label_smoothing,
                             .gradient_scale = targets->gradient_scale,
                             .targets = c.target,
                             .counts_correct = !dhidden};
  gather(&c, d, targets->ids, hidden);
  float *gradient = !dhidden ? NULL : c.preactivation ? c.doutput : c.dhidden;
  const ig_loss_sums sums = ig_loss_run(nn, &args, c.count, transform(nn, m, &c), gradient);
  if (dhidden) {
    transform_backward(nn, m, &c);
    scatter(&c, d, rows, dhidden);
  }
  ig_arena_release(nn->scratch, mark);
  return sums;
}

// Every row may be counted.
static size_t masked_scratch(const ig_nn *nn, const ig_model *m, const ig_head_targets *targets,
                             int rows) {
  (void)targets;
  const ig_loss_args args = {.output = m->output};
  ig_arena plan = ig_arena_measure();
  take_rows(&plan, m, rows);
  const size_t dense = m->head_dense.out ? ig_linear_scratch(nn, &m->head_dense, rows) : 0,
               loss = plan.peak + IG_SCRATCH_MOST(ig_loss_scratch(nn, &args, rows), dense);
  return IG_SCRATCH_MOST(loss, ig_encoder_heads_forward_scratch(nn, m, rows));
}

const ig_head ig_head_masked_tokens = {.name = "masked tokens",
                                       .outputs = ig_encoder_heads_columns,
                                       .forward = ig_encoder_heads_forward,
                                       .loss = masked_loss,
                                       .forward_scratch = ig_encoder_heads_forward_scratch,
                                       .scratch = masked_scratch};
