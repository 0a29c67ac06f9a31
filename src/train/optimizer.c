// Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019) in the arithmetic of torch.optim;
// bias corrections in double.
#include "train/optimizer.h"

#include <math.h>

enum {
  PARTS = 256,    // of the norm's sum
  BLOCK = 65536,  // values of a task of the step, which is element-wise: its size changes no bit
};

typedef struct norm_work {
  const ig_kernels *kernels;
  const float *gradients;  // (count)
  size_t count, part;
  double sums[PARTS];
} norm_work;

static void sum_part(void *context, size_t index, int worker) {
  (void)worker;
  norm_work *t = context;
  const size_t begin = index * t->part < t->count ? index * t->part : t->count;
  const size_t size = t->count - begin < t->part ? t->count - begin : t->part;
  t->sums[index] = t->kernels->sum_squares(size, t->gradients + begin);
}

double ig_optimizer_norm(ig_nn *nn, const float *gradients, size_t count) {
  const size_t per_part = (count + PARTS - 1) / PARTS;
  norm_work work = {.kernels = nn->kernels,
                    .gradients = gradients,
                    .count = count,
                    .part = (per_part + 63) / 64 * 64};
  ig_pool_run(nn->pool, PARTS, sum_part, &work);
  double sum = 0;
  for (size_t i = 0; i < PARTS; i++) sum += work.sums[i];
  return sqrt(sum);
}

typedef struct step_work {
  const ig_kernels *kernels;
  ig_adam adam;
  const ig_optimizer_values *values;
} step_work;

static void step_block(void *context, size_t index, int worker) {
  (void)worker;
  const step_work *w = context;
  const ig_optimizer_values *x = w->values;
  const size_t begin = index * BLOCK;
  const size_t size = x->count - begin < BLOCK ? x->count - begin : BLOCK;
  w->kernels->adam(&w->adam, size, x->weights + begin, x->gradients + begin, x->m + begin,
                   x->v + begin);
}

// The constants of one update.
static ig_adam adam_of(const ig_optimizer_options *options, const ig_optimizer_update *update) {
  const bool decoupled = options->kind == IG_OPTIMIZER_ADAMW;
  const double rate = (double)update->learning_rate;
  // Kingma & Ba, algorithm 1: m / (1 - beta1^t), v / (1 - beta2^t)
  const double correction1 = 1 - pow((double)options->beta1, (double)update->number),
               correction2 = 1 - pow((double)options->beta2, (double)update->number);
  return (ig_adam){
      .learning_rate = (float)(rate / correction1),
      .beta1 = options->beta1,
      .beta2 = options->beta2,
      .eps = options->eps,
      .correction2 = (float)(1 / sqrt(correction2)),
      .weight_decay = decoupled ? 0 : options->weight_decay,
      .decay = decoupled ? (float)(1 - rate * (double)options->weight_decay) : 1,
      .gradient_scale = update->gradient_scale,
  };
}

void ig_optimizer_step(ig_nn *nn, const ig_optimizer_options *options,
                       const ig_optimizer_update *update, const ig_optimizer_values *values) {
  step_work work = {.kernels = nn->kernels, .adam = adam_of(options, update), .values = values};
  ig_pool_run(nn->pool, (values->count + BLOCK - 1) / BLOCK, step_block, &work);
}
