// Validation: how good the model is on data.valid.
#ifndef IG_TRAIN_VALIDATE_H
#define IG_TRAIN_VALIDATE_H
#include "train/run.h"

typedef struct ig_validation {
  double loss, nll;   // a target token, over every pair
  double bleu, chrf;  // of real decoding
} ig_validation;
// Fails with IG_INTERRUPTED within some batches of ig_interrupt().
ig_status ig_validate_run(ig_run *run, ig_validation *out, ig_error *err);
// Whether it is the best so far: by best_metric, at a tie by the loss. *value: of best_metric.
bool ig_validate_is_best(const ig_run *run, const ig_validation *validation, double *value);
#endif
