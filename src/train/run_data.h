// The corpora of a run.
#ifndef IG_TRAIN_RUN_DATA_H
#define IG_TRAIN_RUN_DATA_H
#include "train/run.h"

// Whether the files to train on can be opened, and whether those to validate on, which are small,
// are right: as many lines on both sides, UTF-8, text.
ig_status ig_run_data_check(const ig_run *run, ig_error *err);
// Tokens that a side of a training pair may have: what the configuration says, or a default, within
// the model's positions (0: as many as one likes).
ig_status ig_run_data_max_length(const ig_run *run, int max_positions, int *out, ig_error *err);
// Loads run->train and run->valid with run->tokenizer.
ig_status ig_run_data_load(ig_run *run, int max_positions, ig_error *err);
#endif
