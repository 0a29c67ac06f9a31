#include "fuse/plan/fusion_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

bool ig_fusion_plan_joins(const ig_plan_tensor *t) {
  const ig_method *method = t->method;
  return !t->copied && method->joins_tensors && method->joins_tensors(t->shared);
}

size_t ig_fusion_plan_rows(const ig_plan_tensor *t) {
  size_t rows = 1;
  for (int i = 0; i + 1 < t->rank; i++) rows *= t->shape[i];
  return rows;
}

ig_merge_tensor ig_fusion_plan_merge_tensor(const ig_plan_tensor *t) {
  return (ig_merge_tensor){.method = t->method,
                           .name = t->name,
                           .inputs = t->inputs,
                           .has_base = t->base.tensor != NULL,
                           .of_model = (const double(*)[IG_METHOD_PARAMETERS])t->of_model,
                           .shared = t->shared};
}

const ig_fuse_model *ig_fusion_plan_donor(const ig_fusion_plan *plan) {
  for (size_t i = 0; plan->recipe->base_model && i < plan->models.count; i++)
    if (ig_fuse_models_is_same(plan->models.model[i].reference, plan->recipe->base_model))
      return &plan->models.model[i];
  return &plan->models.model[0];
}

const char *ig_fusion_plan_directory(const ig_fusion_plan *plan, const char *name) {
  size_t i = 0;
  while (!ig_fuse_models_is_same(plan->models.model[i].reference, name)) i++;
  return plan->models.model[i].directory;
}

const char *ig_fusion_plan_tokenizer(const ig_fusion_plan *plan) {
  return plan->alignment ? plan->alignment->directory : ig_fusion_plan_donor(plan)->directory;
}

ig_status ig_fusion_plan_find_stack(ig_fusion_plan *plan, const char *prefix, size_t length,
                                    ig_plan_stack **out, ig_error *err) {
  for (size_t i = 0; i < plan->stack_count; i++) {
    *out = &plan->stacks[i];
    if (strlen((*out)->prefix) == length && memcmp((*out)->prefix, prefix, length) == 0)
      return IG_OK;
  }
  IG_TRY(ig_allocate_more((void **)&plan->stacks, &plan->stack_capacity, plan->stack_count + 1,
                          sizeof *plan->stacks, err));
  *out = &plan->stacks[plan->stack_count];
  **out = (ig_plan_stack){.prefix = ig_allocate_copy(prefix, length, err)};
  if (!(*out)->prefix) return IG_ERROR_MEMORY;
  plan->stack_count++;
  return IG_OK;
}

ig_status ig_fusion_plan_add_layer(ig_plan_stack *stack, const ig_plan_layer *from, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&stack->from, &stack->capacity, (size_t)stack->layers + 1,
                          sizeof *stack->from, err));
  stack->from[stack->layers++] = *from;
  return IG_OK;
}

void ig_fusion_plan_free_tensor(ig_plan_tensor *t) {
  for (size_t i = 0; t->input && i < t->inputs; i++) free(t->input[i].padding);
  free(t->base.padding);
  free(t->name);
  free(t->input);
  free(t->of_model);
  free(t->model_keys);
  free(t->statistic_norms);
  free(t->coefficients);
}

void ig_fusion_plan_free(ig_fusion_plan *plan) {
  for (size_t i = 0; i < plan->count; i++) ig_fusion_plan_free_tensor(&plan->tensors[i]);
  free(plan->tensors);
  for (size_t i = 0; i < plan->stack_count; i++) {
    free(plan->stacks[i].prefix);
    free(plan->stacks[i].from);
  }
  free(plan->stacks);
  for (size_t i = 0; i < plan->statistics_count; i++) ig_safetensors_close(plan->statistics[i]);
  free(plan->statistics);
  ig_problems_free(&plan->notes);
  ig_alignment_free(plan->alignment);
  free(plan->chat_template);
  ig_problems_free(&plan->problems);
  ig_fuse_models_close(&plan->models);
  *plan = (ig_fusion_plan){0};
}
