// The scores of each question of a corpus, from which all figures are made.
#ifndef IG_METRIC_SQUAD_QUESTIONS_H
#define IG_METRIC_SQUAD_QUESTIONS_H
#include "data/squad.h"
#include "metric/answer_words.h"
#include "metric/squad_predictions.h"

typedef struct ig_squad_scored {
  size_t question;         // of the corpus
  const char *prediction;  // NULL: missing
  const char *answer;      // with the best F1; NULL: none
  ig_answer_values raw;    // without a threshold
  ig_answer_values values;
} ig_squad_scored;

// (*count) of them, malloc'ed for the caller to free().
ig_status ig_squad_questions_score(const ig_squad *squad, const ig_answer_manner *manner,
                                   const ig_squad_predictions *predictions, ig_squad_scored **out,
                                   size_t *count, ig_error *err);
#endif
