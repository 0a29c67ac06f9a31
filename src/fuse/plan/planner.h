// Makes the plan: opens the recipe's models, looks up which layers go where, and plans each tensor.
#ifndef IG_FUSE_PLAN_PLANNER_H
#define IG_FUSE_PLAN_PLANNER_H
#include "fuse/plan/fusion_plan.h"

// Opens all models and lists every problem at once; only a lack of memory ends it earlier. stages
// (count): models that other stages make; a name means one of them rather than a directory.
// ig_fusion_plan_free in any case.
ig_status ig_planner_make(const ig_recipe *recipe, const ig_stage_model *stages, size_t count,
                          ig_fusion_plan *out, ig_error *err);
#endif
