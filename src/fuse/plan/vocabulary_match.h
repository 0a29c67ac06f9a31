// The output's vocabulary, by the recipe's `tokenizer`: a model's, or the union of all, and how the
// models' rows fit to it.
#ifndef IG_FUSE_PLAN_VOCABULARY_MATCH_H
#define IG_FUSE_PLAN_VOCABULARY_MATCH_H
#include "fuse/plan/fusion_plan.h"

// Opens all models of the recipe and matches their pieces. What cannot be matched is a problem, and
// the plan has no alignment then.
ig_status ig_vocabulary_match(ig_fusion_plan *plan, ig_error *err);
#endif
