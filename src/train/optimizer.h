// Adam and AdamW over the flat arrays of a model's trained values.
#ifndef IG_TRAIN_OPTIMIZER_H
#define IG_TRAIN_OPTIMIZER_H
#include "ingot.h"
#include "nn/nn.h"
#include "train/parameter_groups.h"

// Euclidean norm of the gradients that are not frozen, summed in double over parts whose bounds
// depend on the number of values alone: the same bits for any number of threads.
double ig_optimizer_norm(ig_nn *nn, const ig_parameter_groups *groups, const float *gradients);

typedef struct ig_optimizer_update {
  uint32_t number;  // counted from 1
  float learning_rate;
  float gradient_scale;  // gradients are multiplied by it first
} ig_optimizer_update;
typedef struct ig_optimizer_values {
  const ig_parameter_groups *groups;
  float *weights, *gradients;  // (count): as many as the groups have values
  float *m, *v;                // (count): Adam's first and second moments
} ig_optimizer_values;
// One step, exactly that of torch.optim.Adam or AdamW. The gradients are zero afterwards. What is
// frozen is not touched.
void ig_optimizer_step(ig_nn *nn, const ig_optimizer_options *options,
                       const ig_optimizer_update *update, const ig_optimizer_values *values);
#endif
