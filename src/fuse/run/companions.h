// Writes what a fused model has beside its weights: config.json and generation settings, which are
// the donor's with the output's sizes and ids, the tokenizer that the plan names, and the donor's
// other files (fuse/input/donor_files.h).
#ifndef IG_FUSE_RUN_COMPANIONS_H
#define IG_FUSE_RUN_COMPANIONS_H
#include "fuse/plan/fusion_plan.h"
#include "fuse/run/staging.h"

ig_status ig_companions_write(const ig_fusion_plan *plan, ig_staging *staging, ig_error *err);
#endif
