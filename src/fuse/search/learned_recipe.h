// The recipe that a learned fusion ends in: it needs no data and makes the same model.
#ifndef IG_FUSE_SEARCH_LEARNED_RECIPE_H
#define IG_FUSE_SEARCH_LEARNED_RECIPE_H
#include "fuse/plan/fusion_plan.h"
#include "fuse/recipe/recipe_file.h"
#include "fuse/search/tensor_groups.h"

// plan: of the learned recipe. values (models)(groups->coefficients). With granularity: row they
// are written to the file that the recipe names, and the new one names it. Else the new one has the
// weights of each tensor: task_arithmetic's with a base, else linear's with normalize: false.
// Tensors that are not learned (tables of positions, integers) are the base's, or the mean of the
// models. ig_recipe_file_free in any case.
ig_status ig_learned_recipe_make(const ig_fusion_plan *plan, const ig_tensor_groups *groups,
                                 const double *values, ig_recipe_file *out, ig_error *err);
#endif
