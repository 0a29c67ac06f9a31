// The questions of a run that trains on them, in place of pairs of texts.
#ifndef IG_TRAIN_RUN_QUESTIONS_H
#define IG_TRAIN_RUN_QUESTIONS_H
#include "train/run.h"

// Whether the files can be read: before the run leaves a trace.
ig_status ig_run_questions_check(const ig_run *run, ig_error *err);
// Fills run->train and run->valid with windows, and run->questions.
ig_status ig_run_questions_load(ig_run *run, ig_error *err);
#endif
