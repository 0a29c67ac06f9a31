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
  const ig_parameter_groups *groups;
  const float *gradients;  // (count)
  size_t part;             // values of a part
  double sums[PARTS];
} norm_work;

// The sum of one part.
typedef struct part_sum {
  const norm_work *work;
  double sum;
} part_sum;

static void add_squares(void *context, const ig_parameter_span *span, size_t begin, size_t end) {
  (void)span;
  part_sum *p = context;
  p->sum += p->work->kernels->sum_squares(end - begin, p->work->gradients + begin);
}

static void sum_part(void *context, size_t index, int worker) {
  (void)worker;
  norm_work *t = context;
  part_sum part = {.work = t};
  const size_t begin = index * t->part, end = begin + t->part;
  ig_parameter_groups_walk(t->groups, begin, end, add_squares, &part);
  t->sums[index] = part.sum;
}

double ig_optimizer_norm(ig_nn *nn, const ig_parameter_groups *groups, const float *gradients) {
  const size_t per_part = (ig_parameter_groups_values(groups) + PARTS - 1) / PARTS;
  norm_work work = {.kernels = nn->kernels,
                    .groups = groups,
                    .gradients = gradients,
                    .part = (per_part + 63) / 64 * 64};
  ig_pool_run(nn->pool, PARTS, sum_part, &work);
  double sum = 0;
  for (size_t i = 0; i < PARTS; i++) sum += work.sums[i];
  return sqrt(sum);
}

typedef struct step_work {
  const ig_kernels *kernels;
  const ig_optimizer_options *options;
  const ig_optimizer_update *update;
  double correction1, correction2;  // 1 - beta^t
  const ig_optimizer_values *values;
} step_work;

// The constants of one update for the values of a span.
static ig_adam adam_of(const step_work *w, const ig_parameter_span *span) {
  const ig_optimizer_options *o = w->options;
  const bool decoupled = o->kind == IG_OPTIMIZER_ADAMW;
  const double rate = (double)w->update->learning_rate * span->rate;
  const float weight_decay = span->decayed ? o->weight_decay : 0;
  // Kingma & Ba, algorithm 1: m / (1 - beta1^t), v / (1 - beta2^t)
  return (ig_adam){
      .learning_rate = (float)(rate / w->correction1),
      .beta1 = o->beta1,
      .beta2 = o->beta2,
      .eps = o->eps,
      .correction2 = (float)(1 / sqrt(w->correction2)),
      .weight_decay = decoupled ? 0 : weight_decay,
      .decay = decoupled ? (float)(1 - rate * (double)weight_decay) : 1,
      .gradient_scale = w->update->gradient_scale,
  };
}

static void step_span(void *context, const ig_parameter_span *span, size_t begin, size_t end) {
  const step_work *w = context;
  const ig_optimizer_values *x = w->values;
  const ig_adam adam = adam_of(w, span);
  w->kernels->adam(&adam, end - begin, x->weights + begin, x->gradients + begin, x->m + begin,
                   x->v + begin);
}

static void step_block(void *context, size_t index, int worker) {
  (void)worker;
  step_work *w = context;
  ig_parameter_groups_walk(w->values->groups, index * BLOCK, (index + 1) * BLOCK, step_span, w);
}

void ig_optimizer_step(ig_nn *nn, const ig_optimizer_options *options,
                       const ig_optimizer_update *update, const ig_optimizer_values *values) {
  step_work work = {.kernels = nn->kernels,
                    .options = options,
                    .update = update,
                    .correction1 = 1 - pow((double)options->beta1, (double)update->number),
                    .correction2 = 1 - pow((double)options->beta2, (double)update->number),
                    .values = values};
  const size_t count = ig_parameter_groups_values(values->groups);
  ig_pool_run(nn->pool, (count + BLOCK - 1) / BLOCK, step_block, &work);
}
