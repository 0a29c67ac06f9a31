// What a fused model has beside its weights: config.json, tokenizer and generation settings, all of
// them the donor's.
#ifndef IG_FUSE_RUN_COMPANIONS_H
#define IG_FUSE_RUN_COMPANIONS_H
#include "fuse/plan/fusion_plan.h"

// Names of the files that are copied as they stand where the tokenizer's model has them, NULL
// behind the last; the first is the donor's.
extern const char *const ig_companions[];
// The directory that the tokenizer comes from.
const char *ig_companions_tokenizer(const ig_fusion_plan *plan);
ig_status ig_companions_write(const ig_fusion_plan *plan, const char *directory, ig_error *err);
#endif
