// From a configuration to the first update.
#ifndef IG_TRAIN_SETUP_H
#define IG_TRAIN_SETUP_H
#include "train/run.h"

// Makes everything that run->config asks for; resumes where the output directory holds a
// checkpoint. On failure, ig_run_free is still the caller's.
ig_status ig_setup_run(ig_run *run, ig_error *err);
// The same for a new run that will not be saved: nothing is resumed or written but what a start
// makes in the output directory, which ig_output_directory_remove_made removes.
ig_status ig_setup_dry_run(ig_run *run, ig_error *err);
#endif
