// Checkpoints: a directory written as a whole or not at all. It is a model directory with its
// tokenizer; with a trainer it also holds training.safetensors (moments) and training.json (state
// and identity of the run), all that resuming needs.
#ifndef IG_TRAIN_CHECKPOINT_H
#define IG_TRAIN_CHECKPOINT_H
#include "train/run.h"

// Replaces directory, where it is a symbolic link that which it leads to; what others put into it
// moves along. with_state false: the model and its tokenizer alone. What fails when the new one is
// in place is a warning.
ig_status ig_checkpoint_save(const ig_run *run, const char *directory, bool with_state,
                             ig_error *err);
// Cleans up behind a crash within ig_checkpoint_save: directory is then whole, old or new, or
// absent.
ig_status ig_checkpoint_recover(const ig_run *run, const char *directory, ig_error *err);
ig_status ig_checkpoint_exists(const char *directory, bool *exists, ig_error *err);
// training.json. The caller drops both references.
typedef struct ig_saved_run {
  ig_run_state state;
  json_t *identity, *comparison;  // comparison NULL: a file of an older version
  char isa[32];  // instruction set that it was trained with; empty: a file of an older version
} ig_saved_run;
ig_status ig_checkpoint_read(const char *directory, ig_saved_run *out, ig_error *err);
// training.safetensors: the moments, into the trainer.
ig_status ig_checkpoint_read_moments(const char *directory, ig_trainer *trainer, ig_error *err);
// output/update-N, and all but the last `keep` of them removed.
ig_status ig_checkpoint_keep(const ig_run *run, ig_error *err);
// What a crash left in the output directory beside latest/ and best/: unfinished update-N/,
// temporaries of files.
ig_status ig_checkpoint_clean_up(const ig_run *run, ig_error *err);
#endif
