// Makes the output's vocabulary as the recipe's `tokenizer` asks, a model's own or the union of
// all, and matches the models' rows to it.
#ifndef IG_FUSE_PLAN_VOCABULARY_MATCH_H
#define IG_FUSE_PLAN_VOCABULARY_MATCH_H
#include "fuse/plan/fusion_plan.h"

// Opens all models of the recipe and matches their pieces. If something cannot be matched, it is a
// problem, and the plan gets no alignment.
ig_status ig_vocabulary_match(ig_fusion_plan *plan, ig_error *err);
#endif
