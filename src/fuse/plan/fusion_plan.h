// What a recipe makes of its models, tensor by tensor, before any weight is read.
#ifndef IG_FUSE_PLAN_FUSION_PLAN_H
#define IG_FUSE_PLAN_FUSION_PLAN_H
#include "fuse/plan/alignment.h"
#include "fuse/input/fuse_models.h"
#include "base/problems.h"
#include "fuse/recipe/recipe.h"

// One model's tensor, with what an adapter adds to it.
typedef struct ig_plan_input {
  const ig_safetensor *tensor;
  ig_lora lora;
  size_t model;       // index in the plan's models
  const int *row_of;  // of an aligned tensor: of each piece of the output its row here; -1: none
  float *padding;  // (width) of an aligned tensor: its row for padding, computed before anything is
                   // read; owned
} ig_plan_input;

typedef struct ig_plan_tensor {
  char *name;      // of the output
  ig_dtype dtype;  // of the output
  int rank;
  size_t shape[IG_SAFETENSORS_MAX_RANK];
  size_t elements;
  const ig_method *method;  // the recipe's, or passthrough of what only one model has
  bool copied;              // not of floating point: input[0] as it stands
  size_t inputs;
  ig_plan_input *input;                      // (inputs)
  ig_plan_input base;                        // its tensor is NULL: none
  double (*of_model)[IG_METHOD_PARAMETERS];  // (inputs)
  size_t *model_keys;  // (inputs): among the models that the recipe names for it
  double shared[IG_METHOD_PARAMETERS];
  const ig_aligned_side
      *aligned;       // rows are matched by piece (fuse/run/matched_rows.h); NULL: as they stand
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
  int layers[3];         // of the output, by ig_stack
  ig_problems problems;  // with any of them nothing can be executed
} ig_fusion_plan;

// Is the tensor one of those over which the method's passes go as over one?
bool ig_fusion_plan_joins(const ig_plan_tensor *tensor);
// Its parameters, as methods see them: no values yet.
ig_merge_tensor ig_fusion_plan_merge_tensor(const ig_plan_tensor *tensor);
void ig_fusion_plan_free_tensor(ig_plan_tensor *tensor);
void ig_fusion_plan_free(ig_fusion_plan *plan);
// The model that config and tokenizer come from: the base, or the first one named.
const ig_fuse_model *ig_fusion_plan_donor(const ig_fusion_plan *plan);
// The directory that the output's tokenizer comes from. NULL: another stage's, not made yet.
const char *ig_fusion_plan_tokenizer(const ig_fusion_plan *plan);
#endif
