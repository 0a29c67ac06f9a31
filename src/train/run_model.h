// The model of a run: the options that its configuration asks for, and its making.
#ifndef IG_TRAIN_RUN_MODEL_H
#define IG_TRAIN_RUN_MODEL_H
#include "train/run.h"

// Judges what can be judged before the tokenizer is made, which may take long.
ig_status ig_run_model_check(const ig_run *run, ig_error *err);
// Loads run->model where the run resumes or starts from another model, and tells the options that
// the configuration asks for: the tokenizer must exist.
ig_status ig_run_model_load(ig_run *run, ig_config *wanted, ig_error *err);
// Creates run->model where none was loaded, with the wanted dropouts in either case.
ig_status ig_run_model_finish(ig_run *run, const ig_config *wanted, ig_error *err);
#endif
