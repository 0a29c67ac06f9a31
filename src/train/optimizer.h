// Adam and AdamW over the flat arrays of a model's trained values.
#ifndef IG_TRAIN_OPTIMIZER_H
#define IG_TRAIN_OPTIMIZER_H
#include "ingot.h"
#include "nn/nn.h"

// Euclidean norm of the gradients (count), summed in double over parts whose bounds depend on count
// alone: the same bits for any number of threads.
double ig_optimizer_norm(ig_nn *nn, const float *gradients, size_t count);
// One step, update counted from 1, exactly torch.optim.Adam / AdamW; gradients are multiplied by
// gradient_scale first and are zero afterwards. weights, gradients, m, v: (count)
void ig_optimizer_step(ig_nn *nn, const ig_optimizer_options *options, uint32_t update,
                       float learning_rate, float gradient_scale, float *weights, float *gradients,
                       float *m, float *v, size_t count);
#endif
