#include "fuse/search/fisher_information.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/random.h"
#include "base/vectors.h"
#include "fuse/search/pair_walk.h"
#include "train/trainer.h"

enum { BLOCK_VALUES = 32768 };

typedef struct fisher_run {
  const ig_fisher_information_args *args;
  ig_trainer *trainer;
  double *sums;  // (trained values)
  double share;  // of a pair in the mean
  ig_pair_walk walk;
  // With labels of the model: logits (capacity, columns), labels (capacity).
  float *logits;
  int *labels;
  size_t capacity;
  uint64_t stream;  // of the pair's random numbers
} fisher_run;

// ---- labels -----------------------------------------------------------------

static bool finds_spans(const fisher_run *r) {
  return r->args->model->config.head.kind == IG_HEAD_SPAN;
}

// Rows that the model gives logits of: a decoder those of the target, an encoder those of the
// source.
static size_t logit_rows(const fisher_run *r, const ig_batch *batch) {
  return (size_t)(finds_spans(r) ? batch->source_offsets : batch->target_offsets)[batch->sequences];
}

static size_t columns(const fisher_run *r) { return (size_t)r->args->model->output.out; }

static ig_status reserve_rows(fisher_run *r, size_t rows, ig_error *err) {
  if (rows <= r->capacity) return IG_OK;
  free(r->logits);
  free(r->labels);
  r->capacity = 0;
  r->logits = ig_allocate(rows * columns(r), sizeof *r->logits, err);
  r->labels = ig_allocate(rows, sizeof *r->labels, err);
  if (!r->logits || !r->labels) return IG_ERROR_MEMORY;
  r->capacity = rows;
  return IG_OK;
}

// A number of the pair's own ids (FNV-1a), so that its labels do not depend on other pairs.
static uint64_t hash_pair(const ig_batch *batch) {
  uint64_t hash = ig_random_stream("fisher.labels");
  for (int i = 0; i < batch->source_offsets[1]; i++)
    hash = (hash ^ (uint64_t)batch->source[i]) * 0x100000001B3u;
  for (int i = 0; i < batch->target_offsets[1]; i++)
    hash = (hash ^ (uint64_t)batch->target_output[i]) * 0x100000001B3u;
  return hash;
}

// The first of logits[0], logits[step], ... (count) at which the sum of probabilities exceeds a
// uniform number.
static int draw(const float *logits, size_t count, size_t step, double uniform) {
  float most = logits[0];
  for (size_t i = 1; i < count; i++) most = logits[i * step] > most ? logits[i * step] : most;
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += exp((double)logits[i * step] - (double)most);
  const double wanted = sum * uniform;
  double below = 0;
  size_t drawn = 0;
  for (; drawn + 1 < count; drawn++) {
    below += exp((double)logits[drawn * step] - (double)most);
    if (below > wanted) break;
  }
  return (int)drawn;
}

static void draw_token(void *context, size_t row, int worker) {
  (void)worker;
  const fisher_run *r = context;
  r->labels[row] = draw(r->logits + row * columns(r), columns(r), 1,
                        ig_random_uniform(r->args->seed, r->stream, row));
}

// Where an answer begins and ends, each of all rows of a window. labels: as in the batch.
static void draw_span(const fisher_run *r, const ig_batch *batch) {
  memcpy(r->labels, batch->target_output, (size_t)batch->target_offsets[1] * sizeof *r->labels);
  for (size_t c = 0; c < columns(r); c++)
    r->labels[c] = draw(r->logits + c, logit_rows(r, batch), columns(r),
                        ig_random_uniform(r->args->seed, r->stream, c));
}

static ig_status draw_labels(fisher_run *r, const ig_batch *batch, ig_error *err) {
  const size_t rows = logit_rows(r, batch);
  IG_TRY(reserve_rows(r, rows, err));
  IG_TRY(ig_trainer_forward(r->trainer, batch, r->logits, NULL, err));
  r->stream = hash_pair(batch);
  if (finds_spans(r))
    draw_span(r, batch);
  else
    ig_pool_run(ig_trainer_pool(r->trainer), rows, draw_token, r);
  return IG_OK;
}

// ---- gradients --------------------------------------------------------------

IG_VECTORS static void add_squares(void *context, size_t index, int worker) {
  (void)worker;
  const fisher_run *r = context;
  const size_t begin = index * BLOCK_VALUES, rest = r->args->model->trained_count - begin,
               count = rest < BLOCK_VALUES ? rest : BLOCK_VALUES;
  const float *gradient = r->args->model->gradients + begin;
  double *sums = r->sums + begin;
  for (size_t i = 0; i < count; i++)
    sums[i] += r->share * ((double)gradient[i] * (double)gradient[i]);
}

static ig_status add_pair(fisher_run *r, const ig_batch *batch, ig_error *err) {
  ig_batch labelled = *batch;
  if (r->args->labels == IG_STATISTICS_LABELS_MODEL) {
    IG_TRY(draw_labels(r, batch, err));
    labelled.target_output = r->labels;
  }
  ig_loss loss;
  // A window's loss is the mean of those of its two targets, whose sum is wanted.
  const double normalizer = finds_spans(r) ? 0.5 : 1;
  IG_TRY(ig_trainer_accumulate(r->trainer, &labelled, normalizer, &loss, err));
  if (!isfinite(loss.loss))
    return ig_fail(err, IG_ERROR_DIVERGED, "%s: a loss of %g", r->args->name, loss.loss);
  const size_t values = r->args->model->trained_count;
  ig_pool_run(ig_trainer_pool(r->trainer), (values + BLOCK_VALUES - 1) / BLOCK_VALUES, add_squares,
              r);
  ig_trainer_zero_gradients(r->trainer);
  return IG_OK;
}

static ig_status add_set(fisher_run *r, ig_learning_set *set, ig_error *err) {
  r->share = set->share / (double)set->pairs.pairs;
  for (size_t b = 0; b < set->batches; b++) {
    IG_TRY(ig_pair_walk_next(&r->walk, set, err));
    IG_TRY(add_pair(r, &r->args->data->buffer.batch, err));
    ig_pair_walk_tell(&r->walk);
  }
  return IG_OK;
}

static ig_status add_all(fisher_run *r, ig_error *err) {
  ig_trainer_options options = ig_trainer_options_default();
  options.optimizer.kind = IG_OPTIMIZER_NONE;
  options.threads = r->args->threads;
  IG_TRY(ig_trainer_create(r->args->model, &options, &r->trainer, err));
  ig_learning_data *data = r->args->data;
  IG_TRY(ig_pair_walk_begin(&r->walk, err));
  for (size_t i = 0; i < data->train_count; i++) IG_TRY(add_set(r, &data->train[i], err));
  return IG_OK;
}

ig_status ig_fisher_information_measure(const ig_fisher_information_args *args, double *out,
                                        ig_error *err) {
  fisher_run r = {.args = args,
                  .sums = out,
                  .walk = {.data = args->data,
                           .name = args->name,
                           .reporter = args->reporter,
                           .interrupter = args->interrupter}};
  memset(out, 0, args->model->trained_count * sizeof *out);
  const ig_status status = add_all(&r, err);
  ig_trainer_free(r.trainer);
  free(r.logits);
  free(r.labels);
  return status;
}
