// What a running training says: lines of the log and of metrics.jsonl, and the progress.
#ifndef IG_TRAIN_LOOP_LOG_H
#define IG_TRAIN_LOOP_LOG_H
#include "train/training_loop.h"
#include "train/validate.h"

// At most ten times a second.
void ig_loop_log_progress(ig_training_loop *loop);
// The updates since the line before, if there were any.
ig_status ig_loop_log_window(ig_training_loop *loop, ig_error *err);
// A validation whose loss is a number, with train.samples of its translations.
ig_status ig_loop_log_validation(const ig_training_loop *loop, const ig_validation *validation,
                                 bool best, ig_error *err);
#endif
