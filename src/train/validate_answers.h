// Validation by answers to questions.
#ifndef IG_TRAIN_VALIDATE_ANSWERS_H
#define IG_TRAIN_VALIDATE_ANSWERS_H
#include "train/validate.h"

// Answers the first `count` questions of data.valid, an encoder as run_qa does, and scores them as
// SQuAD's scripts do: those of v2.0 where a question has no answer. Fills exact, f1 and
// translations.
ig_status ig_validate_answers(ig_run *run, size_t count, ig_validation *out, ig_error *err);
#endif
