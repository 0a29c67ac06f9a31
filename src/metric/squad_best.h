// The threshold for "no answer" that would have scored best.
#ifndef IG_METRIC_SQUAD_BEST_H
#define IG_METRIC_SQUAD_BEST_H
#include "metric/squad_odds.h"
#include "metric/squad_questions.h"

typedef struct ig_squad_best_input {
  const ig_squad *squad;
  const ig_squad_odds *odds;
  const ig_squad_scored *scored;  // (count)
  size_t count;
} ig_squad_best_input;
// Fills has_best and the four figures that go with it.
ig_status ig_squad_best_find(const ig_squad_best_input *input, ig_squad_score *out, ig_error *err);
#endif
