#include "answer/answer_score.h"

#include <stdlib.h>
#include <string.h>

#include "answer/squad_batch.h"
#include "base/allocate.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "metric/squad_questions.h"

enum { TOGETHER = 64 };  // questions between two looks at the interrupter

bool ig_answer_score_has_unanswerable(const ig_squad *squad) {
  return squad->answered < squad->count;
}

static ig_status take_answers(const ig_answers *answers, size_t count, char **texts,
                              size_t *problems, ig_error *err) {
  for (size_t i = 0; i < count; i++) {
    const ig_answers *a = &answers[i];
    const char *text = a->chosen >= 0 ? a->list[a->chosen].text : "";
    texts[i] = ig_allocate_copy(text, strlen(text), err);
    if (!texts[i]) return IG_ERROR_MEMORY;
    *problems += a->problem != NULL;
  }
  return IG_OK;
}

static ig_status answer_some(ig_answerer *answerer, const ig_answer_scoring *s, size_t first,
                             size_t count, ig_answer_scores *out, ig_error *err) {
  ig_question asked[TOGETHER] = {{0}};
  ig_answers answers[TOGETHER];
  for (size_t i = 0; i < count; i++) {
    const ig_squad_question *q = &s->squad->questions[first + i];
    asked[i] = (ig_question){q->text, q->context};
  }
  IG_TRY(ig_answerer_run(answerer, asked, count, answers, err));
  const ig_status status = take_answers(answers, count, s->texts + first, &out->problems, err);
  for (size_t i = 0; i < count; i++) ig_answers_free(&answers[i]);
  return status;
}

static ig_status score_texts(const ig_answer_scoring *s, ig_answer_scores *out, ig_error *err) {
  const ig_answer_manner manner = {
      .rules = ig_answer_score_has_unanswerable(s->squad) ? IG_SQUAD_RULES_V2 : IG_SQUAD_RULES_V1};
  ig_squad_predictions predictions = {.texts = ig_allocate(s->squad->count, sizeof(char *), err)};
  ig_squad_scored *scored = NULL;
  size_t count = 0;
  if (!predictions.texts) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < s->count; i++) predictions.texts[i] = s->texts[i];
  const ig_status status =
      ig_squad_questions_score(s->squad, &manner, &predictions, &scored, &count, err);
  for (size_t i = 0; status == IG_OK && i < count; i++) {
    out->exact += scored[i].values.exact;
    out->f1 += scored[i].values.f1;
  }
  out->exact *= 100.0 / (double)s->count;
  out->f1 *= 100.0 / (double)s->count;
  free(scored);
  free(predictions.texts);
  return status;
}

ig_status ig_answer_score_questions(ig_answerer *answerer, const ig_answer_scoring *s,
                                    ig_answer_scores *out, ig_error *err) {
  *out = (ig_answer_scores){0};
  for (size_t first = 0, some; first < s->count; first += some) {
    if (ig_interrupt_requested(s->interrupter))
      return ig_fail(err, IG_INTERRUPTED, "interrupted within a validation");
    const size_t left = s->count - first;
    some = ig_squad_batch_count(s->squad, first, left < TOGETHER ? left : TOGETHER);
    IG_TRY(answer_some(answerer, s, first, some, out, err));
  }
  return score_texts(s, out, err);
}
