#include "fuse/plan/vocabulary_tensors.h"

#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "fuse/input/ties.h"

// Whether one dimension of a tensor of this name is a vocabulary. *side: 1 if it is the target's,
// which matters if vocabularies are separate; else 0.
static bool find_side(const char *name, int *side) {
  static const char *const others[] = {"embedding.weight", "fc.weight", "fc.bias", "lm_head.bias",
                                       "final_logits_bias"};
  bool known = false;
  for (size_t i = 0; ig_ties_names[i] && !known; i++) known = strcmp(name, ig_ties_names[i]) == 0;
  for (size_t i = 0; i < sizeof others / sizeof *others && !known; i++)
    known = strcmp(name, others[i]) == 0;
  *side = known && !strstr(name, "encoder.") && !strstr(name, "shared.") &&
          strcmp(name, "embedding.weight") != 0;
  return known;
}

static bool is_straight(const ig_aligned_side *a, const ig_plan_tensor *t,
                        const ig_plan_input *input) {
  bool straight = input->tensor->elements == (size_t)a->rows * t->width && a->rows == a->pieces;
  for (int row = 0; straight && row < a->pieces; row++)
    straight = a->row_of[input->model][row] == row;
  for (size_t i = 0; straight && i < a->rule_count; i++) straight = !a->rules[i].force;
  return straight;
}

static ig_status attach_input(ig_fusion_plan *plan, const ig_plan_tensor *t, ig_plan_input *input,
                              ig_error *err) {
  if (input->lora.a)
    return ig_problems_add(&plan->problems, t->name, err,
                           "an adapter of it cannot be fused where rows are matched by piece");
  input->row_of = t->aligned->row_of[input->model];
  if (t->aligned->rows == t->aligned->pieces) return IG_OK;
  input->padding = ig_allocate(t->width, sizeof *input->padding, err);
  return input->padding ? IG_OK : IG_ERROR_MEMORY;
}

// The model that a rule takes its row from must be among those of the tensor, and have that row.
static ig_status check_rule(ig_fusion_plan *plan, const ig_plan_tensor *t, const ig_row_rule *rule,
                            ig_error *err) {
  if (rule->zero) return IG_OK;
  const ig_fuse_model *m = &plan->models.model[rule->model];
  const ig_plan_input *found = t->base.tensor && t->base.model == rule->model ? &t->base : NULL;
  for (size_t i = 0; i < t->inputs; i++)
    if (t->input[i].model == rule->model) found = &t->input[i];
  if (!found)
    return ig_problems_add(&plan->problems, t->name, err,
                           "a row is to be taken from %s, which is not fused here", m->reference);
  const size_t rows = found->tensor->elements / t->width;
  if (rule->model_row < 0 || (size_t)rule->model_row >= rows)
    return ig_problems_add(&plan->problems, t->name, err, "row %d of %zu in %s", rule->model_row,
                           rows, m->reference);
  return IG_OK;
}

// Whether all models have the output's rows, in the output's order: then nothing is to be matched.
static bool all_straight(const ig_aligned_side *a, const ig_plan_tensor *t) {
  bool straight = !t->base.tensor || is_straight(a, t, &t->base);
  for (size_t i = 0; straight && i < t->inputs; i++) straight = is_straight(a, t, &t->input[i]);
  return straight;
}

ig_status ig_vocabulary_tensors_attach(ig_fusion_plan *plan, ig_plan_tensor *t, ig_error *err) {
  int side;
  if (!plan->alignment || t->copied || !find_side(t->name, &side)) return IG_OK;
  const ig_aligned_side *a = &plan->alignment->side[side];
  const int axis = strcmp(t->name, "final_logits_bias") == 0 ? t->rank - 1 : 0;
  if (t->rank == 0 || t->shape[axis] == 0) return IG_OK;
  t->width = 1;
  for (int i = axis + 1; i < t->rank; i++) t->width *= t->shape[i];
  if (t->width == 0 || t->elements != t->shape[axis] * t->width || all_straight(a, t)) return IG_OK;
  t->aligned = a;
  t->axis = axis;
  t->shape[axis] = (size_t)a->rows;
  t->elements = (size_t)a->rows * t->width;
  t->base_model = plan->recipe->base_model
                      ? (size_t)(ig_fusion_plan_donor(plan) - plan->models.model)
                      : SIZE_MAX;
  for (size_t i = 0; i < t->inputs; i++) IG_TRY(attach_input(plan, t, &t->input[i], err));
  if (t->base.tensor) IG_TRY(attach_input(plan, t, &t->base, err));
  for (size_t i = 0; i < a->rule_count; i++) IG_TRY(check_rule(plan, t, &a->rules[i], err));
  return IG_OK;
}
