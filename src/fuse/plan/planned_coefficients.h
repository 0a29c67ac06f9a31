// Learned coefficients that are in a file, as a plan's: a file of safetensors with a tensor
// (models, rows) for each tensor that is a sum of models, under its name in the output, in float32.
// rows is 1 where all rows share a coefficient; models are in the order of the recipe's. The file's
// metadata say what models they are of, as the recipe names them: "ingot.models", a list in JSON,
// and "ingot.base_model", if there is one.
#ifndef IG_FUSE_PLAN_PLANNED_COEFFICIENTS_H
#define IG_FUSE_PLAN_PLANNED_COEFFICIENTS_H
#include "fuse/plan/fusion_plan.h"

// Whether the tensor has coefficients: it is neither copied nor taken from one model.
bool ig_planned_coefficients_has(const ig_plan_tensor *tensor);
// The metadata of the file of this recipe's coefficients. NULL: out of memory.
json_t *ig_planned_coefficients_metadata(const ig_recipe *recipe);
// Reads the file that the recipe names, if it does, and gives each tensor of the plan its
// coefficients. What does not fit becomes a problem of the plan: other models, a tensor that the
// file lacks, has too much or in another shape.
ig_status ig_planned_coefficients_open(ig_fusion_plan *plan, ig_error *err);
// Bytes of the coefficients of all models, at most.
size_t ig_planned_coefficients_memory(const ig_fusion_plan *plan);
#endif
