// What is predicted for the questions of a corpus.
#ifndef IG_METRIC_SQUAD_PREDICTIONS_H
#define IG_METRIC_SQUAD_PREDICTIONS_H
#include <jansson.h>
#include "data/squad.h"
#include "ingot_score.h"

typedef struct ig_squad_predictions {
  const char **texts;              // (questions of the corpus); NULL: there is none
  size_t missing, unknown, empty;  // as in ig_squad_score
  void *json;                      // private
} ig_squad_predictions;
// null_text: what a prediction of null is read as. Tells the reporter what is missing, unknown or
// null: the first ten of each, and their number.
ig_status ig_squad_predictions_read(ig_squad_predictions *out, const ig_squad *squad,
                                    const char *path, const char *null_text,
                                    const ig_reporter *reporter, ig_error *err);
void ig_squad_predictions_free(ig_squad_predictions *predictions);

// Loads a JSON object from a file or a pipe, which messages call one of `expected` by ids.
ig_status ig_squad_predictions_load(const char *path, const char *expected, json_t **out,
                                    ig_error *err);
#endif
