// A model that runs and is differentiated while it is being fused. Its trained values are
//   W = base + sum_k c[k][group of the tensor, or row] * task_k,   task_k = model_k - base
// (without a base: 0 and the models themselves), so that by the chain rule the loss changes with a
// coefficient by the inner product of two vectors that are at hand:
//   dL/dc[k][g] = sum over tensors, or rows, of g of <dL/dW, task_k>
#ifndef IG_FUSE_SEARCH_TASK_MODEL_H
#define IG_FUSE_SEARCH_TASK_MODEL_H
#include "fuse/search/coefficients.h"
#include "fuse/search/tensor_groups.h"
#include "ingot.h"

// Values begin to begin + count - 1 of one tensor: what one task of a parallel loop works on. They
// have `coefficients`, from `first` on, of which each is for `width` values.
typedef struct ig_task_block {
  size_t begin, count;
  size_t first, coefficients, width;
  size_t products;  // where its inner products are
} ig_task_block;

typedef struct ig_task_model {
  ig_model *model;  // with the fused values and their gradient
  ig_trainer *trainer;
  float *base;    // (values): the base, or zeros
  float **tasks;  // (models)(values)
  size_t models, values;
  ig_task_block *blocks;  // (block_count), in the order of the values
  size_t block_count;
  double *products;  // of each block (coefficients)(models)
  ig_tensor_groups groups;
} ig_task_model;

typedef struct ig_task_model_args {
  const ig_fusion_plan *plan;  // of the learned recipe, without problems
  double label_smoothing;
  int threads;
} ig_task_model_args;

// Loads the models one after the other; two of them are in memory at a time, beside the task
// vectors. Dropout is off. IG_ERROR_UNSUPPORTED: the plan's tensors are not those of the model, or
// not in all models. ig_task_model_close in any case.
ig_status ig_task_model_open(const ig_task_model_args *args, ig_task_model *out, ig_error *err);
void ig_task_model_close(ig_task_model *task);
// Bytes that an open one and its coefficients take, besides the activations of a batch.
size_t ig_task_model_memory(const ig_fusion_plan *plan);

// Sets the model's values. The bits are those that the fusion of float32 models writes.
void ig_task_model_set(ig_task_model *task, const ig_coefficients *coefficients);
// The coefficients' gradient from that of the model's values, which becomes zero.
void ig_task_model_differentiate(ig_task_model *task, ig_coefficients *coefficients);
#endif
