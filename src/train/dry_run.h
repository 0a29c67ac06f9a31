// What a training would do, found out by setting it up and doing a few updates of it elsewhere.
#ifndef IG_TRAIN_DRY_RUN_H
#define IG_TRAIN_DRY_RUN_H
#include "train/run.h"

// Reports data, vocabulary, sizes, memory and the time that the run would take. The output of the
// configuration is not touched: what is made on the way goes to a temporary directory, which is
// removed. Afterwards the run can only be freed.
ig_status ig_dry_run(ig_run *run, ig_error *err);
#endif
