// Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019) in the arithmetic of torch.optim;
// bias corrections in double.
#include "train/optimizer.h"

#include <math.h>

#define PARTS 256    // of the norm's sum
#define BLOCK 65536  // values a task of the step: element-wise, so its size changes no bit

typedef struct ig_norm_task {
  const ig_kernels *kernels;
  const float *gradients;  // (count)
  size_t count, part;
  double sums[PARTS];
} ig_norm_task;

static void sum_part(void *context, size_t index, int worker) {
  (void)worker;
  ig_norm_task *t = context;
  const size_t begin = index * t->part < t->count ? index * t->part : t->count;
  const size_t size = t->count - begin < t->part ? t->count - begin : t->part;
  t->sums[index] = t->kernels->sum_squares(size, t->gradients + begin);
}

double ig_optimizer_norm(ig_nn *nn, const float *gradients, size_t count) {
  const size_t per_part = (count + PARTS - 1) / PARTS;
  ig_norm_task task = {.kernels = nn->kernels,
                       .gradients = gradients,
                       .count = count,
                       .part = (per_part + 63) / 64 * 64};
  ig_pool_run(nn->pool, PARTS, sum_part, &task);
  double sum = 0;
  for (size_t i = 0; i < PARTS; i++) sum += task.sums[i];
  return sqrt(sum);
}

typedef struct ig_step_task {
  const ig_kernels *kernels;
  ig_adam adam;
  size_t count;
  float *weights, *gradients, *m, *v;  // (count)
} ig_step_task;

static void step_block(void *context, size_t index, int worker) {
  (void)worker;
  const ig_step_task *t = context;
  const size_t begin = index * BLOCK;
  const size_t size = t->count - begin < BLOCK ? t->count - begin : BLOCK;
  t->kernels->adam(&t->adam, size, t->weights + begin, t->gradients + begin, t->m + begin,
                   t->v + begin);
}

void ig_optimizer_step(ig_nn *nn, const ig_optimizer_options *options, uint32_t update,
                       float learning_rate, float gradient_scale, float *weights, float *gradients,
                       float *m, float *v, size_t count) {
  const bool decoupled = options->kind == IG_OPTIMIZER_ADAMW;
  // Kingma & Ba, algorithm 1: m / (1 - beta1^t), v / (1 - beta2^t)
  const double correction1 = 1 - pow((double)options->beta1, (double)update),
               correction2 = 1 - pow((double)options->beta2, (double)update);
  ig_step_task task = {
      .kernels = nn->kernels,
      .adam = {.learning_rate = (float)((double)learning_rate / correction1),
               .beta1 = options->beta1,
               .beta2 = options->beta2,
               .eps = options->eps,
               .correction2 = (float)(1 / sqrt(correction2)),
               .weight_decay = decoupled ? 0 : options->weight_decay,
               .decay = decoupled
                            ? (float)(1 - (double)learning_rate * (double)options->weight_decay)
                            : 1,
               .gradient_scale = gradient_scale},
      .count = count,
      .weights = weights,
      .gradients = gradients,
      .m = m,
      .v = v,
  };
  ig_pool_run(nn->pool, (count + BLOCK - 1) / BLOCK, step_block, &task);
}
