// The directory that a run writes to (train.output): made, and held against a second training.
#ifndef IG_TRAIN_OUTPUT_DIRECTORY_H
#define IG_TRAIN_OUTPUT_DIRECTORY_H
#include "train/run.h"

// Fills the paths of `run` that lie in it. Touches no file.
ig_status ig_output_directory_name_paths(ig_run *run, ig_error *err);
// Whether the directory can be made and written into: what is missing is made and removed again.
ig_status ig_output_directory_try(const char *path, ig_error *err);
// Makes it where it is missing, and locks it until the process ends, however that comes.
ig_status ig_output_directory_open(ig_run *run, ig_error *err);
// After a start that failed: removes the files that it made, and the directories unless there is
// something in them.
void ig_output_directory_remove_made(ig_run *run);
#endif
