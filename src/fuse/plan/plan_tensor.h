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
  int layers;     // of each source, where ranged
  bool complete;  // all models could be opened, and there are as many as the method takes
} ig_plan_slice;

// The layer that a tensor of the output is in.
typedef struct ig_plan_position {
  int layer;      // its number within the slice, or else within the stack; -1: it is in no layer
  int layers;     // how many there are: gradients run from the first to the last
  bool of_slice;  // each source has it in the layer of that number of its range
} ig_plan_position;

// Adds tensor `name` of the output, made of the slice's models. Adds a problem if a model's tensor
// has another shape, and, unless the recipe's missing_tensors says otherwise, if a model lacks the
// tensor.
ig_status ig_plan_tensor_add(ig_fusion_plan *plan, const ig_plan_slice *slice, const char *name,
                             const ig_plan_position *position, ig_error *err);
#endif
