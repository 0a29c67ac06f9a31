// What of a run's data its tokenizer cannot keep.
#ifndef IG_TRAIN_DATA_LOSSES_H
#define IG_TRAIN_DATA_LOSSES_H
#include "train/run.h"

// Reports, of the loaded corpora, what became <unk> on each side, and which letters of the target
// come back from the tokenizer as something else. letters (IG_CORPUS_LETTERS): how often each code
// point occurs in the target.
ig_status ig_data_losses_report(const ig_run *run, const uint64_t *letters, ig_error *err);
#endif
