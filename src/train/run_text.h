// The plain text of a run that trains an encoder on masked tokens, in place of pairs of texts.
#ifndef IG_TRAIN_RUN_TEXT_H
#define IG_TRAIN_RUN_TEXT_H
#include "train/run.h"

// Whether the files can be read: before the run leaves a trace.
ig_status ig_run_text_check(const ig_run *run, ig_error *err);
// Trains run->tokenizer, WordPiece, on data.train.text; its vocab.txt stays in the run's directory.
ig_status ig_run_text_make_tokenizer(ig_run *run, ig_error *err);
// Fills run->train and run->valid with sequences, and the maskings of both.
ig_status ig_run_text_load(ig_run *run, ig_error *err);
#endif
