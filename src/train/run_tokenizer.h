// The tokenizer of a run: loaded, or made from its training data.
#ifndef IG_TRAIN_RUN_TOKENIZER_H
#define IG_TRAIN_RUN_TOKENIZER_H
#include "train/run.h"

// Makes run->tokenizer: that of the checkpoint where the run resumes, else what the configuration
// says. Training a SentencePiece model may take long.
ig_status ig_run_tokenizer_make(ig_run *run, ig_error *err);
#endif
