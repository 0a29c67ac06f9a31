// What a fused model has beside its weights: config.json, tokenizer and generation settings, all of
// them the donor's.
#ifndef IG_FUSE_RUN_COMPANIONS_H
#define IG_FUSE_RUN_COMPANIONS_H
#include "fuse/plan/fusion_plan.h"

ig_status ig_companions_write(const ig_fusion_plan *plan, const char *directory, ig_error *err);
#endif
