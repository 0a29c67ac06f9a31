#include "fuse/run/draws.h"

#include <stdlib.h>

#include "base/allocate.h"

static bool draws_for(const ig_plan_tensor *t, size_t model) {
  return !t->copied && t->method->draws && t->method->draws(t->of_model[model]);
}

ig_status ig_draws_create(const ig_fusion_plan *plan, size_t most_blocks, ig_draws **out,
                          ig_error *err) {
  *out = NULL;
  if (!plan->recipe->torch_random || !plan->recipe->method->draws) return IG_OK;
  ig_draws *d = ig_allocate(1, sizeof *d, err);
  if (!d) return IG_ERROR_MEMORY;
  d->plan = plan;
  d->capacity = most_blocks;
  for (size_t i = 0; i < plan->count; i++)
    d->models = plan->tensors[i].inputs > d->models ? plan->tensors[i].inputs : d->models;
  d->begin = ig_allocate(plan->count * d->models, sizeof *d->begin, err);
  d->blocks = d->begin ? ig_allocate(most_blocks * d->models, sizeof *d->blocks, err) : NULL;
  if (!d->blocks) {
    ig_draws_free(d);
    return IG_ERROR_MEMORY;
  }
  ig_torch_random mt;
  ig_torch_random_seed(&mt, plan->recipe->seed);
  for (size_t i = 0; i < plan->count; i++)  // tensors are sorted by name, as mergekit's are
    for (size_t k = 0; k < plan->tensors[i].inputs; k++) {
      d->begin[i * d->models + k] = mt;
      if (draws_for(&plan->tensors[i], k)) ig_torch_random_skip(&mt, plan->tensors[i].elements);
    }
  *out = d;
  return IG_OK;
}

void ig_draws_free(ig_draws *draws) {
  if (!draws) return;
  free(draws->begin);
  free(draws->blocks);
  free(draws);
}

void ig_draws_enter(ig_draws *d, size_t index, size_t blocks, size_t block_values) {
  for (size_t k = 0; k < d->plan->tensors[index].inputs; k++) {
    ig_torch_random mt = d->begin[index * d->models + k];
    for (size_t b = 0; b < blocks; b++) {
      d->blocks[k * d->capacity + b] = mt;
      ig_torch_random_skip(&mt, block_values);
    }
  }
}

void ig_draws_uniform(const ig_draws *d, const ig_draws_position *position, size_t count,
                      float *out) {
  const size_t model = position->model;
  ig_torch_random random = position->entered ? d->blocks[model * d->capacity + position->block]
                                             : d->begin[position->tensor * d->models + model];
  ig_torch_random_uniform(&random, count, out);
}
