// One tensor of the output: which tensors it is made of, by which parameters, and what does not go.
#ifndef IG_FUSE_PLAN_PLAN_TENSOR_H
#define IG_FUSE_PLAN_PLAN_TENSOR_H
#include "fuse/plan/fusion_plan.h"

// A slice with its models looked up, and where its layers go.
typedef struct ig_plan_slice {
  const ig_recipe_module *module;
  const ig_recipe_slice *recipe;
  size_t model[IG_METHOD_INPUTS];  // of each source: index
  const ig_recipe_source *source[IG_METHOD_INPUTS];
  size_t count;
  bool has_base;
  size_t base;  // model index
  int base_first;
  ig_stack stack;
  int first_output, layers;  // of the output's stack, where ranged
  bool complete;  // all models could be opened, and there are as many as the method takes
} ig_plan_slice;

// Tensor `name` of the output, from the slice's models. offset: of its layer in the slice; -1: of
// none; layers: of its stack. One that a model lacks, or that is of another shape, is a problem,
// but for what the recipe's missing_tensors says.
ig_status ig_plan_tensor_add(ig_fusion_plan *plan, const ig_plan_slice *slice, const char *name,
                             int offset, int layers, ig_error *err);
#endif
