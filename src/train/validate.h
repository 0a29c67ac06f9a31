// Validation: how good the model is on data.valid.
#ifndef IG_TRAIN_VALIDATE_H
#define IG_TRAIN_VALIDATE_H
#include "train/run.h"

typedef struct ig_validation {
  double loss, nll;     // a target token, over every pair
  double bleu, chrf;    // of real decoding
  double accuracy;      // percent of the masked tokens of plain text that are found
  double exact, f1;     // of answers, where the data are questions
  char **translations;  // (translated): of the first lines of data.valid, or answers
  size_t translated;
} ig_validation;  // ig_validate_free
// Fails with IG_INTERRUPTED within some batches of ig_interrupt. Where the loss is not finite,
// nothing is translated. Free *out also after a failure.
ig_status ig_validate_run(ig_run *run, ig_validation *out, ig_error *err);
void ig_validate_free(ig_validation *validation);
// Whether it is the best so far: by best_metric, at a tie by the loss. A loss above the limit of
// divergence never is; where this loss or that of the best so far is above ln V, the score is
// chance, and the losses alone are compared. *value: of best_metric.
bool ig_validate_is_best(const ig_run *run, const ig_divergence_rule *rule,
                         const ig_validation *validation, double *value);
#endif
