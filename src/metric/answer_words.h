// Answers to questions as the official scripts compare them: what is left of the text, and its
// words.
#ifndef IG_METRIC_ANSWER_WORDS_H
#define IG_METRIC_ANSWER_WORDS_H
#include "ingot_score.h"
#include "metric/codes.h"
#include "metric/words.h"

// Whose words they are. rules: any but IG_SQUAD_RULES_FILE. language: of IG_SQUAD_RULES_MLQA.
typedef struct ig_answer_manner {
  ig_squad_rules rules;
  const char *language;
} ig_answer_manner;

typedef struct ig_answer_words {
  ig_codes text;  // two answers are exactly equal if these are
  ig_codes cut;   // the words lie in it
  ig_words words;
} ig_answer_words;
void ig_answer_words_free(ig_answer_words *answer);

// Does MLQA's script know the language?
bool ig_answer_words_know(const char *language);
// text: UTF-8.
ig_status ig_answer_words_read(ig_answer_words *answer, const ig_answer_manner *manner,
                               const char *text, ig_error *err);

typedef struct ig_answer_values {
  double exact;  // 0 or 1
  double f1;
} ig_answer_values;
// Compares a prediction with one of the right answers. Numbers the words of both.
ig_status ig_answer_words_compare(const ig_answer_manner *manner, ig_answer_words *prediction,
                                  ig_answer_words *right, ig_answer_values *out, ig_error *err);
#endif
