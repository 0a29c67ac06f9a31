// Plans one tensor of the output: finds the tensors that it is made of, and the parameters by which
// its method combines them.
#ifndef IG_FUSE_PLAN_PLAN_TENSOR_H
#define IG_FUSE_PLAN_PLAN_TENSOR_H
#include "fuse/plan/fusion_plan.h"

// A slice of the recipe with its models looked up, and the position of its layers in the output.
typedef struct ig_plan_slice {
  const ig_recipe_module *module;
  const ig_recipe_slice *recipe;
  size_t model[IG_METHOD_INPUTS];  // index of each source's model
  const ig_recipe_source *source[IG_METHOD_INPUTS];
  size_t count;
  bool has_base;
  size_t base;  // model index
  int base_first;
  ig_tensor_stack stack;
  int layers;     // how many each of its models gives, if ranged
  bool complete;  // all models could be opened, and there are as many as the method takes
} ig_plan_slice;

// Adds tensor `name` of the output, made of the slice's models. offset: the number of its layer
// within the slice; -1 if it is in no layer. layers: how many layers its stack has. Adds a problem
// if a model's tensor has another shape, and, unless the recipe's missing_tensors says otherwise,
// if a model lacks the tensor.
ig_status ig_plan_tensor_add(ig_fusion_plan *plan, const ig_plan_slice *slice, const char *name,
                             int offset, int layers, ig_error *err);
#endif
