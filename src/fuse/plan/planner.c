#include "fuse/plan/planned_coefficients.h"
#include "fuse/plan/planner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "fuse/plan/layer_config.h"
#include "fuse/plan/module_tensors.h"
#include "fuse/plan/output_template.h"
#include "fuse/plan/vocabulary_match.h"

#define ADD_PROBLEM(plan, err, ...) ig_problems_add(&(plan)->problems, NULL, err, __VA_ARGS__)
#define ADD_TENSOR_PROBLEM(plan, tensor, err, ...) \
  ig_problems_add(&(plan)->problems, tensor, err, __VA_ARGS__)

// ---- slices -----------------------------------------------------------------

// Opens a model. If it cannot be opened, that is a problem, which is added once.
static ig_status open_model(ig_fusion_plan *plan, ig_plan_slice *s, const char *reference,
                            size_t *index, ig_error *err) {
  ig_error why = {0};
  const ig_status status = ig_fuse_models_open(&plan->models, reference, index, &why);
  s->complete = s->complete && status == IG_OK && plan->models.model[*index].tensors;
  return ig_problems_judge(&plan->problems, status, &why, err);
}

// Looks up the models of a slice. If the method takes differences from a base, the base is not
// among the others.
static ig_status open_slice(ig_fusion_plan *plan, const ig_recipe_module *module,
                            const ig_recipe_slice *recipe, ig_plan_slice *out, ig_error *err) {
  const ig_method *method = plan->recipe->method;
  const char *base = method->base == IG_BASE_USE_NONE ? NULL
                     : recipe->base_model             ? recipe->base_model
                                                      : plan->recipe->base_model;
  *out = (ig_plan_slice){.module = module,
                         .recipe = recipe,
                         .layers = recipe->sources[0].last - recipe->sources[0].first,
                         .complete = true};
  for (size_t i = 0; i < recipe->count; i++) {
    const ig_recipe_source *source = &recipe->sources[i];
    size_t index;
    IG_TRY(open_model(plan, out, source->model, &index, err));
    if (base && ig_fuse_models_is_same(source->model, base)) {
      out->base_first = source->first;
      continue;
    }
    out->source[out->count] = source;
    out->model[out->count++] = index;
  }
  if (base) {
    IG_TRY(open_model(plan, out, base, &out->base, err));
    out->has_base = true;
    if (out->count == recipe->count) out->base_first = recipe->sources[0].first;
  }
  if (out->count >= method->least_inputs && out->count <= method->most_inputs) return IG_OK;
  out->complete = false;
  return ADD_PROBLEM(plan, err, "%s:%d: %s takes %zu to %zu models%s, found %zu",
                     recipe->sources[0].node->file, recipe->sources[0].node->line, method->name,
                     method->least_inputs, method->most_inputs, base ? " besides the base" : "",
                     out->count);
}

// Opens the model that configuration and tokenizer come from: the base, which the method may not
// take as one, or else the first model of the recipe, which may belong to another module. Without
// it no slice is complete, for it says which tensors are tied.
static ig_status open_donor(ig_fusion_plan *plan, ig_plan_slice *s, ig_error *err) {
  size_t unused;
  if (plan->recipe->base_model) IG_TRY(open_model(plan, s, plan->recipe->base_model, &unused, err));
  s->complete = s->complete && ig_fusion_plan_donor(plan)->tensors;
  return IG_OK;
}

// ---- modules ----------------------------------------------------------------

// The stack whose layers the slices of a module without a name stack up: the only one that no other
// module has. *stack NULL: there is none, or there are several; a problem is added.
static ig_status find_only_stack(ig_fusion_plan *plan, const ig_recipe_module *module,
                                 const ig_layer_stacks *stacks, const ig_layer_stack **stack,
                                 ig_error *err) {
  char names[512], example[512];
  size_t found = 0;
  *stack = NULL;
  for (size_t i = 0; i < stacks->count; i++) {
    bool is_taken = false;
    for (size_t k = 0; k < plan->recipe->module_count && !is_taken; k++)
      is_taken = ig_module_tensors_has(plan, &plan->recipe->modules[k], stacks->items[i].prefix);
    if (is_taken) continue;
    *stack = &stacks->items[i];
    found++;
  }
  if (found == 1) return IG_OK;
  *stack = NULL;
  if (found == 0)
    return ADD_PROBLEM(plan, err, "%s:%d: 'slices' of a model without numbered layers",
                       module->node->file, module->node->line);
  ig_layer_stacks_list(stacks, names, sizeof names);
  snprintf(example, sizeof example, "modules: {%.200s: {slices: …}, …}", stacks->items[0].name);
  return ADD_PROBLEM(plan, err,
                     "%s:%d: the model has %zu stacks of layers (%s): give each its slices, or its "
                     "models, as in %s",
                     module->node->file, module->node->line, stacks->count, names, example);
}

static ig_status find_module_stack(ig_fusion_plan *plan, const ig_recipe_module *module,
                                   const ig_layer_stacks *stacks, const ig_layer_stack **stack,
                                   ig_error *err) {
  if (!module->name || strcmp(module->name, "default") == 0)
    return find_only_stack(plan, module, stacks, stack, err);
  char names[512];
  const size_t found = ig_layer_stacks_match(stacks, module->name, stack);
  if (found == 1) return IG_OK;
  *stack = NULL;
  ig_layer_stacks_list(stacks, names, sizeof names);
  return ADD_PROBLEM(plan, err, "%s:%d: module '%.100s' has %s of layers; the model's are: %s",
                     module->node->file, module->node->line, module->name,
                     found ? "several stacks" : "no stack", names);
}

// Adds a problem if a module that has a name got no tensor.
static ig_status check_module(ig_fusion_plan *plan, const ig_recipe_module *module, size_t before,
                              ig_error *err) {
  char names[512];
  if (!module->name || plan->count > before || plan->problems.count > 0 ||
      strcmp(module->name, "default") == 0)
    return IG_OK;
  ig_layer_stacks_list(&ig_fusion_plan_donor(plan)->stacks, names, sizeof names);
  return ADD_PROBLEM(plan, err, "%s:%d: module '%.100s' has no tensors; stacks of layers are: %s",
                     module->node->file, module->node->line, module->name, names);
}

static ig_status plan_slices(ig_fusion_plan *plan, const ig_recipe_module *module,
                             const ig_plan_slice *slices, ig_error *err) {
  const size_t before = plan->count;
  ig_module_tensors m = {.module = module, .slices = slices, .count = module->count};
  if (slices[0].source[0]->ranged) {
    const ig_layer_stack *stack;
    IG_TRY(find_module_stack(plan, module, &plan->models.model[slices[0].model[0]].stacks, &stack,
                             err));
    if (!stack) return IG_OK;
    m.prefix = stack->prefix;
  }
  IG_TRY(ig_module_tensors_plan(plan, &m, err));
  return check_module(plan, module, before, err);
}

// All models are opened first, so that all that cannot be opened are told.
static ig_status plan_module(ig_fusion_plan *plan, const ig_recipe_module *module, ig_error *err) {
  ig_plan_slice *slices = ig_allocate(module->count, sizeof *slices, err);
  if (!slices) return IG_ERROR_MEMORY;
  bool complete = true;
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < module->count; i++) {
    status = open_slice(plan, module, &module->slices[i], &slices[i], err);
    complete = complete && slices[i].complete;
  }
  if (status == IG_OK && complete) status = open_donor(plan, &slices[0], err);
  if (status == IG_OK && complete && slices[0].complete)
    status = plan_slices(plan, module, slices, err);
  free(slices);
  return status;
}

// ---- the whole --------------------------------------------------------------

static int by_name(const void *a, const void *b) {
  return strcmp(((const ig_plan_tensor *)a)->name, ((const ig_plan_tensor *)b)->name);
}

static ig_status check_names(ig_fusion_plan *plan, ig_error *err) {
  for (size_t i = 1; i < plan->count; i++)
    if (strcmp(plan->tensors[i].name, plan->tensors[i - 1].name) == 0)
      IG_TRY(ADD_PROBLEM(plan, err, "%s: made twice", plan->tensors[i].name));
  return IG_OK;
}

static bool same_models(const ig_plan_tensor *a, const ig_plan_tensor *b) {
  bool same = a->inputs == b->inputs;
  for (size_t i = 0; same && i < a->inputs; i++) same = a->input[i].model == b->input[i].model;
  return same;
}

// Adds a problem if a tensor cannot be joined with the others: all must have the same models, and
// the method must not refuse.
static ig_status check_joined(ig_fusion_plan *plan, ig_error *err) {
  const ig_plan_tensor *first = NULL;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    if (!ig_fusion_plan_joins(t)) continue;
    if (!first) first = t;
    if (!same_models(first, t))
      return ADD_TENSOR_PROBLEM(
          plan, t->name, err,
          "other models than those of %s: with scope: model all must have the same", first->name);
    const ig_merge_tensor a = ig_fusion_plan_merge_tensor(first),
                          b = ig_fusion_plan_merge_tensor(t);
    const char *why = first->method->refuses_joining(&a, &b);
    if (why) return ADD_TENSOR_PROBLEM(plan, t->name, err, "%s", why);
  }
  return IG_OK;
}

ig_status ig_planner_make(const ig_recipe *recipe, const ig_stage_model *stages, size_t count,
                          ig_fusion_plan *out, ig_error *err) {
  *out = (ig_fusion_plan){
      .recipe = recipe,
      .models = {.stages = stages, .stage_count = count, .renames = &recipe->renames}};
  IG_TRY(ig_kernels_select(&out->kernels, err));
  if (recipe->tokenizer.source) IG_TRY(ig_vocabulary_match(out, err));
  for (size_t i = 0; i < recipe->module_count; i++)
    IG_TRY(plan_module(out, &recipe->modules[i], err));
  bool all_open = true;
  for (size_t i = 0; i < out->models.count; i++)
    all_open = all_open && out->models.model[i].tensors;
  if (out->count == 0 && all_open && out->problems.count == 0)
    IG_TRY(ADD_PROBLEM(out, err, "nothing to fuse: no tensors"));
  if (out->count) qsort(out->tensors, out->count, sizeof *out->tensors, by_name);
  if (out->problems.count == 0) IG_TRY(check_joined(out, err));
  if (out->problems.count == 0) IG_TRY(ig_layer_config_check(out, err));
  if (out->problems.count == 0)
    IG_TRY(ig_setting_note_unmet(recipe->scopes, recipe->method, &out->notes, err));
  if (out->problems.count == 0) IG_TRY(ig_planned_coefficients_open(out, err));
  IG_TRY(ig_output_template_choose(out, err));
  return check_names(out, err);
}
