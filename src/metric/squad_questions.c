#include "metric/squad_questions.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"

// Keeps the better values of two answers, each for itself.
static void keep_better(ig_squad_scored *s, const ig_answer_values *now, const char *answer) {
  if (now->exact > s->raw.exact) s->raw.exact = now->exact;
  if (!s->answer || now->f1 > s->raw.f1) {
    s->raw.f1 = now->f1;
    s->answer = answer;
  }
}

// answer NULL: the right answer is none.
static ig_status score_against(const ig_answer_manner *manner, ig_answer_words *prediction,
                               const char *answer, ig_squad_scored *s, bool *counts,
                               ig_error *err) {
  ig_answer_words right = {0};
  ig_answer_values now;
  ig_status status = ig_answer_words_read(&right, manner, answer ? answer : "", err);
  // SQuAD 2.0 takes no answer of which nothing is left for an answer.
  *counts = !(manner->rules == IG_SQUAD_RULES_V2 && answer && right.words.count == 0);
  if (status == IG_OK && *counts) {
    status = ig_answer_words_compare(manner, prediction, &right, &now, err);
    if (status == IG_OK) keep_better(s, &now, answer);
  }
  ig_answer_words_free(&right);
  return status;
}

static ig_status score_question(const ig_squad_question *q, const ig_answer_manner *manner,
                                ig_squad_scored *s, ig_error *err) {
  ig_answer_words prediction = {0};
  ig_status status = ig_answer_words_read(&prediction, manner, s->prediction, err);
  bool counts, any = false;
  for (size_t i = 0; status == IG_OK && i < q->answer_count; i++) {
    status = score_against(manner, &prediction, q->answers[i].text, s, &counts, err);
    any = any || counts;
  }
  if (status == IG_OK && !any) status = score_against(manner, &prediction, NULL, s, &counts, err);
  if (!s->answer && q->answer_count > 0) s->answer = q->answers[0].text;
  ig_answer_words_free(&prediction);
  return status == IG_OK ? status : ig_fail_in(err, status, "question %s", q->id);
}

// SQuAD 2.0's script keeps questions by id: of several with one id the last counts, once.
ig_status ig_squad_questions_score(const ig_squad *squad, const ig_answer_manner *manner,
                                   const ig_squad_predictions *predictions, ig_squad_scored **out,
                                   size_t *count, ig_error *err) {
  const bool by_id = manner->rules == IG_SQUAD_RULES_V2;
  *count = 0;
  *out = ig_allocate(squad->count, sizeof **out, err);
  bool *seen = *out ? ig_allocate(squad->count, sizeof *seen, err) : NULL;
  ig_status status = seen ? IG_OK : IG_ERROR_MEMORY;
  for (size_t i = 0; status == IG_OK && i < squad->count; i++) {
    const size_t at = by_id ? ig_squad_find(squad, squad->questions[i].id) : i;
    if (seen[at]) continue;
    seen[at] = true;
    ig_squad_scored *s = &(*out)[(*count)++];
    *s = (ig_squad_scored){.question = at, .prediction = predictions->texts[at]};
    if (s->prediction) status = score_question(&squad->questions[at], manner, s, err);
    s->values = s->raw;
  }
  free(seen);
  if (status == IG_OK) return status;
  free(*out);
  *out = NULL;
  return status;
}
