// What a recipe makes of its models, tensor by tensor, before any weight is read.
#ifndef IG_FUSE_PLAN_FUSION_PLAN_H
#define IG_FUSE_PLAN_FUSION_PLAN_H
#include "fuse/plan/alignment.h"
#include "fuse/input/fuse_models.h"
#include "base/problems.h"
#include "fuse/recipe/recipe.h"

// One model's tensor, with the part of an adapter that is added to it.
typedef struct ig_plan_input {
  const ig_safetensor *tensor;
  ig_lora lora;
  size_t model;  // index in the plan's models
  // Only of a tensor whose rows are matched by piece: the row here of each piece of the output, -1
  // if the model lacks it; and the row for padding, (width), computed before anything is read.
  // Owned.
  const int *row_of;
  float *padding;
} ig_plan_input;

typedef struct ig_plan_tensor {
  char *name;      // of the output
  ig_dtype dtype;  // of the output
  int rank;
  size_t shape[IG_SAFETENSORS_MAX_RANK];
  size_t elements;
  const ig_method *method;  // the recipe's; passthrough for what only one model has
  bool copied;              // integers and the like: input[0] is copied unchanged
  size_t inputs;
  ig_plan_input *input;                      // (inputs)
  ig_plan_input base;                        // its tensor is NULL: none
  double (*of_model)[IG_METHOD_PARAMETERS];  // (inputs)
  size_t *model_keys;  // (inputs): among the models that the recipe names for it
  double shared[IG_METHOD_PARAMETERS];
  // Whose rows are matched by piece (fuse/run/matched_rows.h). NULL: rows are taken in their order.
  const ig_aligned_side *aligned;
  int axis;           // dimension of the vocabulary, where aligned
  size_t width;       // values of a row, where aligned
  size_t base_model;  // index of the recipe's base_model, where aligned; SIZE_MAX: none
} ig_plan_tensor;

typedef struct ig_fusion_plan {
  const ig_recipe *recipe;
  const ig_kernels *kernels;
  ig_fuse_models models;    // in the recipe's order, base models after them
  ig_alignment *alignment;  // of the models' vocabularies; NULL: the recipe asks for none
  ig_plan_tensor *tensors;  // sorted by name
  size_t count, capacity;
  int layers[3];         // of the output, by ig_tensor_stack
  ig_problems problems;  // if there are any, the plan cannot be executed
} ig_fusion_plan;

// True if the tensor is one of those that the method treats as one long vector: they are joined
// (fuse/run/blocking.h).
bool ig_fusion_plan_joins(const ig_plan_tensor *tensor);
// The tensor as its method sees it before any value is read: parameters and shape, no data.
ig_merge_tensor ig_fusion_plan_merge_tensor(const ig_plan_tensor *tensor);
void ig_fusion_plan_free_tensor(ig_plan_tensor *tensor);
void ig_fusion_plan_free(ig_fusion_plan *plan);
// The model that config and tokenizer come from: the base, or the first one named.
const ig_fuse_model *ig_fusion_plan_donor(const ig_fusion_plan *plan);
// The directory that the output's tokenizer comes from. NULL: it is the tokenizer of another
// stage's model, which has not been made yet.
const char *ig_fusion_plan_tokenizer(const ig_fusion_plan *plan);
#endif
