// The head for spans: of each row two logits, of how well an answer begins there and ends there.
// Its loss is the mean of two cross-entropies, of where the answer begins and of where it ends,
// over all rows of a sequence   (Devlin et al. 2019, 4.2, and BertForQuestionAnswering). Teachers
// have a share in it as in that of a language model (nn/soft_targets.h), the rows of a sequence
// being what the tokens of the vocabulary are there.
#include <math.h>
#include <string.h>

#include "model/head/encoder_heads.h"
#include "nn/scratch.h"

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

// ---- teachers ---------------------------------------------------------------

// log sum exp(logits / T) over the rows of a column.
static double log_sum(const float *logits, int rows, double temperature) {
  double most = -INFINITY, sum = 0;
  for (int r = 0; r < rows; r++) most = fmax(most, (double)logits[r * COLUMNS] / temperature);
  for (int r = 0; r < rows; r++) sum += exp((double)logits[r * COLUMNS] / temperature - most);
  return most + log(sum);
}

// Adds a teacher's probabilities of one column of a sequence. logits, out (rows, 2).
static void add_probabilities(const float *logits, int rows, double temperature, double weight,
                              float *out) {
  const double shift = log_sum(logits, rows, temperature);
  for (int r = 0; r < rows; r++)
    out[r * COLUMNS] += (float)(weight * exp((double)logits[r * COLUMNS] / temperature - shift));
}

// What all teachers together say: out (rows, 2). logits (rows, 2) is overwritten.
static void ask_teachers(ig_nn *nn, const ig_head_targets *targets, int rows, float *logits,
                         float *out) {
  const ig_soft_targets *soft = targets->soft;
  const ig_ragged *sequences = targets->sequences;
  const bool training = nn->training;
  nn->training = false;  // teachers compute as they do where they answer
  memset(out, 0, (size_t)rows * COLUMNS * sizeof *out);
  for (int m = 0; m < soft->count; m++) {
    const ig_soft_source *source = &soft->sources[m];
    ig_linear_forward(nn, &source->output, rows, source->hidden, IG_ACTIVATION_NONE, logits);
    for (int s = 0; s < sequences->sequences; s++)
      for (int c = 0; c < COLUMNS; c++) {
        const size_t first = (size_t)sequences->offsets[s] * COLUMNS + (size_t)c;
        add_probabilities(logits + first, sequences->offsets[s + 1] - sequences->offsets[s],
                          (double)soft->temperature, (double)source->weight, out + first);
      }
  }
  nn->training = training;
}

// Of one column of a sequence, whose logits (rows, 2) become the gradient times scale.
// q (rows, 2): what the teachers say.
static ig_loss_sums taught_loss(const ig_soft_targets *soft, const float *q, float *logits,
                                int rows, int target, float scale) {
  const double t = (double)soft->temperature, share = (double)soft->share;
  const double alone = log_sum(logits, rows, 1), softened = log_sum(logits, rows, t);
  double cross_entropy = 0, entropy = 0;
  const double nll = alone - (double)logits[target * COLUMNS];
  for (int r = 0; r < rows; r++) {
    const double s = (double)logits[r * COLUMNS], of_teachers = (double)q[r * COLUMNS];
    const double log_p = s / t - softened;
    if (of_teachers > 0) {
      cross_entropy -= of_teachers * log_p;
      entropy -= of_teachers * log(of_teachers);
    }
    const double gradient =
        share * t * (exp(log_p) - of_teachers) + (1 - share) * (exp(s - alone) - (r == target));
    logits[r * COLUMNS] = (float)(gradient * (double)scale);
  }
  return (ig_loss_sums){.loss = share * t * t * cross_entropy + (1 - share) * nll,
                        .nll = nll,
                        .kl_divergence = cross_entropy - entropy};
}

// ---- the loss ---------------------------------------------------------------

// Adds the loss of a sequence; its logits become the gradient. q: NULL without teachers.
static void add_sequence(const ig_head_targets *targets, int sequence, const float *q,
                         float *logits, ig_loss_sums *sums) {
  const int first = targets->sequences->offsets[sequence],
            rows = targets->sequences->offsets[sequence + 1] - first;
  const int *span = targets->spans + sequence * IG_SPAN_TARGETS;
  const float scale = 0.5f * targets->gradient_scale;
  for (int c = 0; c < COLUMNS; c++) {
    const size_t at = (size_t)first * COLUMNS + (size_t)c;
    const int target = span[c ? IG_SPAN_END : IG_SPAN_BEGIN];
    ig_loss_sums one = {0};
    if (q)
      one = taught_loss(targets->soft, q + at, logits + at, rows, target, scale);
    else
      one.loss = one.nll = column_loss(logits + at, rows, target, scale);
    sums->loss += 0.5 * one.loss;
    sums->nll += 0.5 * one.nll;
    sums->kl_divergence += 0.5 * one.kl_divergence;
  }
}

static ig_loss_sums span_loss(ig_nn *nn, const ig_model *m, const ig_head_targets *targets,
                              int rows, const float *hidden, float *dhidden) {
  const size_t mark = ig_arena_mark(nn->scratch), values = (size_t)rows * COLUMNS;
  float *logits = IG_TAKE(nn->scratch, float, values), *q = NULL;
  if (targets->soft) {
    q = IG_TAKE(nn->scratch, float, values);
    ask_teachers(nn, targets, rows, logits, q);
  }
  ig_loss_sums sums = {.tokens = (size_t)targets->sequences->sequences};
  ig_linear_forward(nn, &m->output, rows, hidden, IG_ACTIVATION_NONE, logits);
  for (int s = 0; s < targets->sequences->sequences; s++)
    add_sequence(targets, s, q, logits, &sums);
  if (dhidden)
    ig_linear_backward(nn, &m->output, rows, hidden,
                       &(ig_layer_gradient){.doutput = logits, .dinput = dhidden});
  ig_arena_release(nn->scratch, mark);
  return sums;
}

static size_t span_scratch(const ig_nn *nn, const ig_model *m, const ig_head_targets *targets,
                           int rows) {
  const ig_soft_targets *soft = targets->soft;
  ig_arena plan = ig_arena_measure();
  size_t linear = ig_linear_scratch(nn, &m->output, rows);
  IG_TAKE(&plan, float, (size_t)rows *COLUMNS);
  if (soft) IG_TAKE(&plan, float, (size_t)rows *COLUMNS);
  for (int i = 0; soft && i < soft->count; i++) {
    const size_t its = ig_linear_scratch(nn, &soft->sources[i].output, rows);
    linear = its > linear ? its : linear;
  }
  return plan.peak + linear;
}

const ig_head ig_head_span = {.name = "span",
                              .outputs = ig_encoder_heads_columns,
                              .forward = ig_encoder_heads_forward,
                              .loss = span_loss,
                              .forward_scratch = ig_encoder_heads_forward_scratch,
                              .scratch = span_scratch};
