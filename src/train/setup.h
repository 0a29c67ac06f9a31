// From a configuration to the first update.
#ifndef IG_TRAIN_SETUP_H
#define IG_TRAIN_SETUP_H
#include "train/run.h"

// Makes everything that run->config asks for; resumes where the output directory holds a
// checkpoint. On failure, ig_run_free is still the caller's.
ig_status ig_setup_run(ig_run *run, ig_error *err);
#endif
