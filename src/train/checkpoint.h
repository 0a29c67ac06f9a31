// Checkpoints: directories that are written as a whole or not at all. Each is a model directory
// with its tokenizer. One that a run can resume from also has training.safetensors (the optimizer's
// moments) and training.json (state and identity of the run).
#ifndef IG_TRAIN_CHECKPOINT_H
#define IG_TRAIN_CHECKPOINT_H
#include "train/run.h"

// What saves does nothing in a rank that follows: rank 0 saves for all.

// Replaces the directory, or what it leads to if it is a symbolic link; what others put into it
// moves along. with_state false: the model and its tokenizer only. What fails after the new one has
// taken its place is a warning.
ig_status ig_checkpoint_save(const ig_run *run, const char *directory, bool with_state,
                             ig_error *err);
// Cleans up after a crash within ig_checkpoint_save: the directory is then whole, old or new, or
// absent.
ig_status ig_checkpoint_recover(const ig_run *run, const char *directory, ig_error *err);
ig_status ig_checkpoint_exists(const char *directory, bool *exists, ig_error *err);
// What training.json holds. The caller drops both references.
typedef struct ig_saved_run {
  ig_run_state state;
  json_t *identity, *comparison;  // comparison NULL: a file of an older version
  char isa[32];  // instruction set that it was trained with; empty: a file of an older version
} ig_saved_run;
ig_status ig_checkpoint_read(const char *directory, ig_saved_run *out, ig_error *err);
// Reads the moments of training.safetensors into the trainer, and with an average of the weights
// (train.ema), which the checkpoint's model is, those that training goes on with.
ig_status ig_checkpoint_read_moments(const char *directory, ig_trainer *trainer, ig_error *err);
// How many checkpoints output/update-N there are, and the earliest of them (unset where none is).
ig_status ig_checkpoint_count_kept(const char *output, int *count, int *earliest, ig_error *err);
// Saves output/update-N, and removes all but the last `keep` of them.
ig_status ig_checkpoint_keep(const ig_run *run, ig_error *err);
// Removes what a crash left in the output directory besides latest/ and best/: an unfinished
// update-N/, temporaries of files.
ig_status ig_checkpoint_clean_up(const ig_run *run, ig_error *err);
#endif
