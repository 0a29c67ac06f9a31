// Scoring runs the forward half of the training pass.
#include "decode/scorer.h"

#include <math.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/interrupt.h"

struct ig_scorer {
  ig_pass *pass;
  int start_id;
  int *input;  // (rows of targets): what the decoder reads
  size_t input_capacity;
};

ig_status ig_scorer_create(const ig_model *model, ig_pool *pool, int start_id, ig_scorer **out,
                           ig_error *err) {
  ig_scorer *s = ig_allocate(1, sizeof *s, err);
  if (!s) return IG_ERROR_MEMORY;
  s->start_id = start_id;
  const ig_status status = ig_pass_create(model, pool, &s->pass, err);
  if (status != IG_OK) {
    ig_scorer_free(s);
    return status;
  }
  *out = s;
  return IG_OK;
}

void ig_scorer_free(ig_scorer *s) {
  if (!s) return;
  ig_pass_free(s->pass);
  free(s->input);
  free(s);
}

ig_status ig_scorer_reserve(ig_scorer *s, const ig_pass_bounds *most, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&s->input, &s->input_capacity, (size_t)most->target_rows,
                          sizeof *s->input, err));
  return ig_pass_reserve(s->pass, most, NULL, err);
}

// What the decoder reads is each target moved by one: the start token, then all its ids but the
// last.
static void shift_targets(const ig_score_args *args, int start_id, int *input) {
  for (int s = 0; s < args->target.sequences; s++)
    for (int r = args->target.offsets[s]; r < args->target.offsets[s + 1]; r++)
      input[r] = r == args->target.offsets[s] ? start_id : args->target_ids[r - 1];
}

static ig_status check_log_probs(const ig_ragged *target, const float *log_probs, ig_error *err) {
  for (int s = 0; s < target->sequences; s++)
    for (int r = target->offsets[s]; r < target->offsets[s + 1]; r++)
      if (isnan(log_probs[r]))
        return ig_fail(err, IG_ERROR_DIVERGED,
                       "scoring: token %d has no score: the model computed NaN",
                       r - target->offsets[s] + 1);
  return IG_OK;
}

ig_status ig_scorer_run(ig_scorer *s, const ig_score_args *args, float *log_probs, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&s->input, &s->input_capacity,
                          (size_t)ig_ragged_rows(&args->target), sizeof *s->input, err));
  shift_targets(args, args->start_id ? *args->start_id : s->start_id, s->input);
  const ig_batch batch = {.sequences = args->target.sequences,
                          .source = args->source_ids,
                          .source_offsets = args->source.offsets,
                          .target_input = s->input,
                          .target_output = log_probs ? args->target_ids : NULL,
                          .target_offsets = args->target.offsets};
  const ig_pass_args pass = {
      .batch = &batch, .log_probs = log_probs, .attended = args->attended, .watch = args->watch};
  IG_TRY(ig_pass_run(s->pass, &pass, NULL, err));
  IG_TRY(ig_interrupt_check(args->watch, err));
  return log_probs ? check_log_probs(&args->target, log_probs, err) : IG_OK;
}
