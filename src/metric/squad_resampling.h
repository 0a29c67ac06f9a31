// How sure the scores of questions are.
#ifndef IG_METRIC_SQUAD_RESAMPLING_H
#define IG_METRIC_SQUAD_RESAMPLING_H
#include "ingot_score.h"
#include "metric/squad_questions.h"

// scored (count): the questions of the corpus by `manner`.
typedef struct ig_squad_sample {
  const ig_squad *squad;
  const ig_answer_manner *manner;
  const ig_squad_scored *scored;
  size_t count;
} ig_squad_sample;
// Fills the arrays of the options with exact match and F1, of questions or of articles, whose
// questions stay together; nothing if the options ask for none. One article is
// IG_ERROR_ARGUMENT: it is every resample.
ig_status ig_squad_resampling_run(const ig_squad_sample *sample, const ig_squad_options *options,
                                  ig_error *err);
#endif
