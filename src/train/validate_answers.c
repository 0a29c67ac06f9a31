#include "train/validate_answers.h"

#include "answer/answer_model.h"
#include "answer/answer_score.h"
#include "base/allocate.h"
#include "base/fail.h"
#include "base/report.h"
#include "train/trainer.h"

enum { USUAL_ANSWER = 30 };  // tokens of an answer that is generated, as the answerer's

// Tokens that an answer may have: those of `ingot answer`, or more if a reference has more.
static int generated_limit(const ig_run *run) {
  size_t longest = USUAL_ANSWER;
  for (size_t p = 0; p < run->valid.pairs; p++) {
    const size_t length = ig_corpus_length(&run->valid, IG_SIDE_TARGET, p);
    if (length > longest) longest = length;
  }
  const int positions = ig_model_config(run->model)->positions.count;
  return positions > 1 && longest > (size_t)positions - 1 ? positions - 1 : (int)longest;
}

static ig_answerer_options options_of(const ig_run *run) {
  ig_answerer_options options = ig_answerer_options_default();
  options.max_length = run->max_length;
  options.stride = run->config.data.stride;
  if (run->generates) {
    options.beam_size = run->config.valid_beam_size;
    options.max_answer_length = generated_limit(run);
  } else {
    options.post_processing = IG_POST_PROCESSING_RUN_QA;
    options.no_answer = ig_answer_score_has_unanswerable(&run->questions);
  }
  return options;
}

// Once a run: they are the same questions in each validation.
static void tell_problems(const ig_run *run, const ig_answer_scores *scores, size_t count) {
  if (scores->problems == 0 || run->state.validated > 0) return;
  ig_report(run->reporter, IG_LEVEL_WARNING,
            "data.valid: %zu of %zu questions cannot be asked: the scores count them as answered "
            "with an empty text",
            scores->problems, count);
}

ig_status ig_validate_answers(ig_run *run, size_t count, ig_validation *out, ig_error *err) {
  const ig_answerer_options options = options_of(run);
  ig_answerer *answerer;
  ig_answer_scores scores;
  out->translations = ig_allocate(count, sizeof *out->translations, err);
  if (!out->translations) return IG_ERROR_MEMORY;
  out->translated = count;
  IG_TRY(ig_answer_model_open(run->model, run->tokenizer, ig_trainer_pool(run->trainer), &options,
                              &answerer, err));
  const ig_answer_scoring scoring = {&run->questions, count, run->interrupter, out->translations};
  const ig_status status = ig_answer_score_questions(answerer, &scoring, &scores, err);
  ig_answerer_free(answerer);
  if (status == IG_OK) tell_problems(run, &scores, count);
  out->exact = scores.exact;
  out->f1 = scores.f1;
  return status;
}
