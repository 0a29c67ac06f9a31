// What the tokenizer has no piece for in plain text, and what would help.
#ifndef IG_TRAIN_TEXT_LOSSES_H
#define IG_TRAIN_TEXT_LOSSES_H
#include "train/run.h"

// Tells, under the name `key`, what of a corpus of the run became <unk>: ten parts, then a count.
// run->train is loaded; what of run->valid it lacks is told apart.
ig_status ig_text_losses_report(const ig_run *run, const char *key, const ig_corpus *corpus,
                                ig_error *err);
#endif
