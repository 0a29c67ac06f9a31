// Plans the tensors of one module of the recipe: those of the layers that its slices name, and all
// others that belong to it.
#ifndef IG_FUSE_PLAN_MODULE_TENSORS_H
#define IG_FUSE_PLAN_MODULE_TENSORS_H
#include "fuse/plan/plan_tensor.h"

// A module with its slices looked up; all of them are complete.
typedef struct ig_module_tensors {
  const ig_recipe_module *module;
  const ig_plan_slice *slices;  // (count)
  size_t count;
  // Of the stack whose layers the slices name; NULL: they name none, and all layers are fused.
  const char *prefix;
} ig_module_tensors;

// Whether the module of that name has this tensor. A module without a name has none by itself.
bool ig_module_tensors_has(const ig_fusion_plan *plan, const ig_recipe_module *module,
                           const char *tensor);
// Plans all tensors that any model of the slices has and that belong to no other module. Those that
// come before the layers are made of the first slice's models, those that come after them of the
// last one's, as in mergekit. Another stack than the slices' is kept whole: its layers, its last
// norm and its head are made of the first slice's models.
ig_status ig_module_tensors_plan(ig_fusion_plan *plan, const ig_module_tensors *m, ig_error *err);
#endif
