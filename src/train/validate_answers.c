#include "train/validate_answers.h"

#include <stdlib.h>
#include <string.h>

#include "answer/answer_model.h"
#include "base/allocate.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "metric/squad_score.h"
#include "train/trainer.h"

enum {
  TOGETHER = 64,      // questions between two looks at the interrupter
  USUAL_ANSWER = 30,  // tokens of an answer that is generated, as the answerer's
};

static bool has_unanswerable(const ig_squad *squad) { return squad->answered < squad->count; }

static ig_status take_answers(const ig_answers *answers, size_t count, char **texts,
                              ig_error *err) {
  for (size_t i = 0; i < count; i++) {
    const ig_answers *a = &answers[i];
    const char *text = a->chosen >= 0 ? a->list[a->chosen].text : "";
    texts[i] = ig_allocate_copy(text, strlen(text), err);
    if (!texts[i]) return IG_ERROR_MEMORY;
  }
  return IG_OK;
}

static ig_status answer_some(const ig_run *run, ig_answerer *answerer, size_t first, size_t count,
                             char **texts, ig_error *err) {
  ig_question asked[TOGETHER];
  ig_answers answers[TOGETHER];
  if (ig_interrupt_requested(run->interrupter))
    return ig_fail(err, IG_INTERRUPTED, "interrupted within a validation");
  for (size_t i = 0; i < count; i++) {
    const ig_squad_question *q = &run->questions.questions[first + i];
    asked[i] = (ig_question){q->text, q->context};
  }
  IG_TRY(ig_answerer_run(answerer, asked, count, answers, err));
  const ig_status status = take_answers(answers, count, texts + first, err);
  for (size_t i = 0; i < count; i++) ig_answers_free(&answers[i]);
  return status;
}

// Tokens that an answer may have: those of `ingot answer`, or more if a reference has more.
static int generated_limit(const ig_run *run, int usual) {
  size_t longest = (size_t)usual;
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
    options.max_answer_length = generated_limit(run, USUAL_ANSWER);
  } else {
    options.post_processing = IG_POST_PROCESSING_RUN_QA;
    options.no_answer = has_unanswerable(&run->questions);
  }
  return options;
}

static ig_status answer_all(ig_run *run, size_t count, char **texts, ig_error *err) {
  const ig_answerer_options options = options_of(run);
  ig_answerer *answerer;
  IG_TRY(ig_answer_model_open(run->model, run->tokenizer, ig_trainer_pool(run->trainer), &options,
                              &answerer, err));
  ig_status status = IG_OK;
  for (size_t first = 0; status == IG_OK && first < count; first += TOGETHER) {
    const size_t left = count - first;
    status = answer_some(run, answerer, first, left < TOGETHER ? left : TOGETHER, texts, err);
  }
  ig_answerer_free(answerer);
  return status;
}

static ig_status score_answers(const ig_run *run, ig_validation *v, ig_error *err) {
  const ig_answer_manner manner = {.rules = has_unanswerable(&run->questions) ? IG_SQUAD_RULES_V2
                                                                              : IG_SQUAD_RULES_V1};
  ig_squad_predictions predictions = {.texts =
                                          ig_allocate(run->questions.count, sizeof(char *), err)};
  ig_squad_scored *scored = NULL;
  size_t count = 0;
  if (!predictions.texts) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < v->translated; i++) predictions.texts[i] = v->translations[i];
  const ig_status status =
      ig_squad_score_questions(&run->questions, &manner, &predictions, &scored, &count, err);
  for (size_t i = 0; status == IG_OK && i < count; i++) {
    v->exact += scored[i].values.exact;
    v->f1 += scored[i].values.f1;
  }
  v->exact *= 100.0 / (double)v->translated;
  v->f1 *= 100.0 / (double)v->translated;
  free(scored);
  free(predictions.texts);
  return status;
}

ig_status ig_validate_answers(ig_run *run, size_t count, ig_validation *out, ig_error *err) {
  out->translations = ig_allocate(count, sizeof *out->translations, err);
  if (!out->translations) return IG_ERROR_MEMORY;
  out->translated = count;
  IG_TRY(answer_all(run, count, out->translations, err));
  return score_answers(run, out, err);
}
