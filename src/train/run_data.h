// The corpora of a run.
#ifndef IG_TRAIN_RUN_DATA_H
#define IG_TRAIN_RUN_DATA_H
#include "train/run.h"

// Whether the configuration's data files can be opened.
ig_status ig_run_data_check_readable(const ig_run *run, ig_error *err);
// Tokens that a side of a training pair may have: what the configuration says, or a default, within
// the model's positions (0: as many as one likes).
ig_status ig_run_data_max_length(const ig_run *run, int max_positions, int *out, ig_error *err);
// Loads run->train and run->valid with run->tokenizer.
ig_status ig_run_data_load(ig_run *run, int max_positions, ig_error *err);
#endif
