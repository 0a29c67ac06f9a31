// Scoring by stepping: the targets of all sentences walk together, each leaves at its end.
#include "decode/score.h"

#include <math.h>

#include "base/error.h"

typedef struct score_rows {
  int *id, *position, *sentence, *history;  // (sentences), history (sentences, max_length)
} score_rows;

static void carve(score_rows *rows, ig_arena *arena, const ig_score_args *args) {
  const size_t sentences = (size_t)args->targets.sequences;
  rows->id = IG_TAKE(arena, int, sentences);
  rows->position = IG_TAKE(arena, int, sentences);
  rows->sentence = IG_TAKE(arena, int, sentences);
  rows->history = IG_TAKE(arena, int, sentences *(size_t)args->max_length);
}

// The rows of the targets longer than t; their number.
static int fill(const ig_score_args *args, int t, score_rows *rows) {
  const size_t n = (size_t)args->max_length;
  int count = 0;
  for (int s = 0; s < args->targets.sequences; s++) {
    const int begin = args->targets.offsets[s];
    if (args->targets.offsets[s + 1] - begin <= t) continue;
    rows->id[count] = t == 0 ? args->start_id : args->ids[begin + t - 1];
    rows->position[count] = t;
    rows->sentence[count] = s;
    for (int i = 0; i <= t; i++) rows->history[(size_t)count * n + (size_t)i] = i * args->targets.sequences + s;
    count++;
  }
  return count;
}

ig_status ig_score_ids(const ig_score_args *args, const ig_stepper *stepper, float *log_probs, ig_error *err) {
  ig_arena plan = ig_arena_measure(), arena;
  score_rows rows;
  carve(&rows, &plan, args);
  IG_TRY(ig_arena_create(&arena, plan.peak, err));
  carve(&rows, &arena, args);
  const size_t vocabulary = (size_t)args->vocab_size;
  ig_status status = IG_OK;
  for (int t = 0, count; status == IG_OK && (count = fill(args, t, &rows)) > 0; t++) {
    const ig_inference_step step = {count, rows.id, rows.position, rows.sentence, rows.history};
    const float *logits = stepper->run(stepper->context, &step);
    for (int r = 0; r < count; r++) {
      const int i = args->targets.offsets[rows.sentence[r]] + t;
      const float *x = logits + (size_t)r * vocabulary;
      log_probs[i] = x[args->ids[i]] - args->kernels->log_sum_exp(vocabulary, x, NULL);
      if (isnan(log_probs[i])) status = ig_fail(err, IG_ERROR_DIVERGED, "scoring: token %d has no score: the model computed NaN", t + 1);
    }
  }
  ig_arena_free(&arena);
  return status;
}
