#include "fuse/plan/plan.h"

#include <stdlib.h>
#include <string.h>

bool ig_plan_spans(const ig_plan_tensor *t) {
  const ig_method *method = t->method;
  return !t->copied && method->spans_model && method->spans_model(t->shared);
}

ig_merge ig_plan_numbers(const ig_plan_tensor *t) {
  return (ig_merge){.method = t->method,
                    .name = t->name,
                    .inputs = t->inputs,
                    .has_base = t->base.tensor != NULL,
                    .of_model = (const double(*)[IG_METHOD_PARAMETERS])t->of_model,
                    .shared = t->shared};
}

const ig_fuse_model *ig_plan_donor(const ig_plan *plan) {
  for (size_t i = 0; plan->recipe->base_model && i < plan->models.count; i++)
    if (strcmp(plan->models.model[i].reference, plan->recipe->base_model) == 0)
      return &plan->models.model[i];
  return &plan->models.model[0];
}

void ig_plan_tensor_free(ig_plan_tensor *t) {
  for (size_t i = 0; t->input && i < t->inputs; i++) free(t->input[i].padding);
  free(t->base.padding);
  free(t->name);
  free(t->input);
  free(t->of_model);
  free(t->places);
}

void ig_plan_free(ig_plan *plan) {
  for (size_t i = 0; i < plan->count; i++) ig_plan_tensor_free(&plan->tensors[i]);
  free(plan->tensors);
  ig_alignment_free(plan->alignment);
  ig_problems_free(&plan->problems);
  ig_fuse_models_close(&plan->models);
  *plan = (ig_plan){0};
}
