// What a recipe makes of its models, tensor by tensor, before any weight is read.
#ifndef IG_FUSE_PLAN_FUSION_PLAN_H
#define IG_FUSE_PLAN_FUSION_PLAN_H
#include "fuse/plan/alignment.h"
#include "fuse/input/fuse_models.h"
#include "base/problems.h"
#include "fuse/recipe/recipe.h"

// One model's tensor, with what adapters change of it.
typedef struct ig_plan_input {
  const ig_safetensor *tensor;
  ig_lora lora;
  size_t model;                    // index in the plan's models
  const ig_safetensor *statistic;  // NULL: none (fuse/plan/planned_statistics.h)
  // Both are set only if rows are matched by piece. row_of: for each piece of the output its row in
  // this tensor; -1: the model lacks it. padding (width), owned: the row for padding, computed
  // before anything is read.
  const int *row_of;
  float *padding;
} ig_plan_input;

typedef struct ig_plan_tensor {
  char *name;      // of the output
  ig_dtype dtype;  // of the output
  int rank;
  size_t shape[IG_SAFETENSOR_MAX_RANK];
  size_t elements;
  const ig_method *method;  // the recipe's; passthrough if one model's tensor is taken as it is
  bool copied;              // integers and the like: input[0] is copied unchanged
  size_t inputs;
  ig_plan_input *input;                      // (inputs)
  ig_plan_input base;                        // if its tensor is NULL, there is none
  double (*of_model)[IG_METHOD_PARAMETERS];  // (inputs)
  size_t *model_keys;  // (inputs): the index of each among the models that the recipe names for it
  double shared[IG_METHOD_PARAMETERS];
  double *statistic_norms;  // (inputs), or NULL: it has no statistics
  // Learned ones (fuse/plan/planned_coefficients.h): (inputs)(coefficient_rows), of which there is
  // one row for all rows, or one for each. NULL: there are none.
  float *coefficients;
  size_t coefficient_rows;
  // How the rows are matched by piece (fuse/run/matched_rows.h). NULL: they are taken in their
  // order.
  const ig_aligned_side *aligned;
  int axis;           // the dimension of the vocabulary, if aligned
  size_t width;       // values of a row, if aligned
  size_t base_model;  // index of the recipe's base_model, if aligned; SIZE_MAX: none
} ig_plan_tensor;

// Where a layer of the output comes from.
typedef struct ig_plan_layer {
  size_t model;  // index in the plan's models: the base, or the first of those fused
  int layer;
} ig_plan_layer;

typedef struct ig_plan_stack {
  char *prefix;         // as in fuse/input/layer_stacks.h
  ig_plan_layer *from;  // (layers)
  int layers;
  size_t capacity;
} ig_plan_stack;

typedef struct ig_fusion_plan {
  const ig_recipe *recipe;
  const ig_kernels *kernels;
  ig_fuse_models models;    // in the recipe's order, base models after them
  ig_alignment *alignment;  // of the models' vocabularies; NULL: the recipe asks for none
  bool unmatched;           // it asks for one that cannot be made, which is one of the problems
  char *chat_template;      // of the output; NULL: the donor's stays
  ig_plan_tensor *tensors;  // sorted by name
  size_t count, capacity;
  ig_safetensors **statistics;  // (statistics_count): the files that inputs' statistics are in
  size_t statistics_count;
  ig_plan_stack *stacks;  // (stack_count): those with other layers than the donor's
  size_t stack_count, stack_capacity;
  ig_problems notes;     // what the user should know, though the plan can be executed
  ig_problems problems;  // if there are any, the plan cannot be executed
} ig_fusion_plan;

// True if the tensor is joined: it is one of those that the method treats as one long vector
// (fuse/run/blocking.h).
bool ig_fusion_plan_joins(const ig_plan_tensor *tensor);
// Rows of the tensor as a matrix whose columns are its last dimension; 1 of a vector.
size_t ig_fusion_plan_rows(const ig_plan_tensor *tensor);
// The tensor as its method sees it before any value is read: parameters and shape, no data.
ig_merge_tensor ig_fusion_plan_merge_tensor(const ig_plan_tensor *tensor);
// Finds the stack of that prefix (length bytes), or adds one without layers. *out is valid until
// another one is added.
ig_status ig_fusion_plan_find_stack(ig_fusion_plan *plan, const char *prefix, size_t length,
                                    ig_plan_stack **out, ig_error *err);
ig_status ig_fusion_plan_add_layer(ig_plan_stack *stack, const ig_plan_layer *from, ig_error *err);
void ig_fusion_plan_free_tensor(ig_plan_tensor *tensor);
void ig_fusion_plan_free(ig_fusion_plan *plan);
// The model that config.json and the tokenizer come from: the base, or the first one named.
const ig_fuse_model *ig_fusion_plan_donor(const ig_fusion_plan *plan);
// The directory of a model that the recipe names, which must be one of the plan's.
const char *ig_fusion_plan_directory(const ig_fusion_plan *plan, const char *name);
// The directory that the output's tokenizer comes from. NULL: it is the tokenizer of another
// stage's model, which has not been made yet.
const char *ig_fusion_plan_tokenizer(const ig_fusion_plan *plan);
#endif
