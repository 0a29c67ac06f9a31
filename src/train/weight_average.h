// The exponential moving average of the weights in training (train.ema; Polyak & Juditsky 1992), as
// torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn keeps it: after the first update it
// is the weights, after each later one average + (1 - decay) (weights - average).
#ifndef IG_TRAIN_WEIGHT_AVERAGE_H
#define IG_TRAIN_WEIGHT_AVERAGE_H
#include <stdbool.h>
#include <stddef.h>
#include "base/arena.h"
#include "base/pool.h"

typedef struct ig_weight_average {
  float *values;  // (count)
  size_t count;
  float share;  // of new weights: 1 - decay
  ig_arena memory;
} ig_weight_average;  // ig_weight_average_free

// Begins as a copy of the weights (count). decay: above 0, below 1.
ig_status ig_weight_average_create(ig_weight_average *average, const float *weights, size_t count,
                                   double decay, ig_error *err);
void ig_weight_average_free(ig_weight_average *average);
// After an update. The same bits for any number of threads.
void ig_weight_average_add(const ig_weight_average *average, ig_pool *pool, const float *weights,
                           bool first);
// Exchanges the average and the weights.
void ig_weight_average_swap(const ig_weight_average *average, ig_pool *pool, float *weights);
#endif
