// Element-wise over blocks of values.
#include "train/weight_average.h"

#include <string.h>

#include "base/fail.h"

enum { BLOCK = 65536 };  // values of a task: its size changes no bit

ig_status ig_weight_average_create(ig_weight_average *a, const float *weights, size_t count,
                                   double decay, ig_error *err) {
  *a = (ig_weight_average){.count = count, .share = (float)(1 - decay)};
  ig_arena plan = ig_arena_measure();
  IG_TAKE(&plan, float, count);
  IG_TRY(ig_arena_create(&a->memory, plan.peak, err));
  a->values = IG_TAKE(&a->memory, float, count);
  memcpy(a->values, weights, count * sizeof *weights);
  return IG_OK;
}

void ig_weight_average_free(ig_weight_average *a) {
  ig_arena_free(&a->memory);
  *a = (ig_weight_average){0};
}

typedef struct average_work {
  const ig_weight_average *average;
  const float *from;  // weights that are added
  float *exchanged;   // weights that are exchanged
  float share;
} average_work;

static size_t end_of(const average_work *w, size_t index) {
  const size_t end = (index + 1) * BLOCK;
  return end < w->average->count ? end : w->average->count;
}

static void add_block(void *context, size_t index, int worker) {
  (void)worker;
  const average_work *w = context;
  float *values = w->average->values;
  for (size_t i = index * BLOCK; i < end_of(w, index); i++)
    values[i] += w->share * (w->from[i] - values[i]);
}

static void swap_block(void *context, size_t index, int worker) {
  (void)worker;
  const average_work *w = context;
  float *values = w->average->values;
  for (size_t i = index * BLOCK; i < end_of(w, index); i++) {
    const float value = values[i];
    values[i] = w->exchanged[i];
    w->exchanged[i] = value;
  }
}

static size_t blocks_of(const ig_weight_average *a) { return (a->count + BLOCK - 1) / BLOCK; }

void ig_weight_average_add(const ig_weight_average *a, ig_pool *pool, const float *weights,
                           bool first) {
  average_work work = {.average = a, .from = weights, .share = a->share};
  if (first)
    memcpy(a->values, weights, a->count * sizeof *weights);
  else
    ig_pool_run(pool, blocks_of(a), add_block, &work);
}

void ig_weight_average_swap(const ig_weight_average *a, ig_pool *pool, float *weights) {
  average_work work = {.average = a, .exchanged = weights};
  ig_pool_run(pool, blocks_of(a), swap_block, &work);
}
