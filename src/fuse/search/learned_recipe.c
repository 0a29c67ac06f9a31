#include "fuse/search/learned_recipe.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "fuse/search/coefficient_file.h"
#include "io/json.h"

// Appends {"value": value}, of tensor `name` alone unless that is NULL.
static int append_choice(json_t *choices, const char *name, double value) {
  json_t *choice = json_pack("{s:f}", "value", value);
  int failed = !choice;
  if (choice && name) failed = json_object_set_new(choice, "tensors", json_string(name));
  if (failed) {
    json_decref(choice);
    return -1;
  }
  return json_array_append_new(choices, choice);
}

// The weights of one model. values (groups->coefficients), of which each group has one.
static json_t *make_weights(const ig_fusion_plan *plan, const ig_tensor_groups *groups,
                            const double *values, double otherwise) {
  json_t *choices = json_array();
  int failed = !choices;
  for (size_t i = 0; !failed && i < plan->count; i++)
    if (groups->of_tensor[i] != SIZE_MAX)
      failed = append_choice(choices, plan->tensors[i].name,
                             values[groups->items[groups->of_tensor[i]].first]);
  if (!failed) failed = append_choice(choices, NULL, otherwise);
  if (!failed) return choices;
  json_decref(choices);
  return NULL;
}

static json_t *make_models(const ig_fusion_plan *plan, const ig_tensor_groups *groups,
                           const double *values) {
  const ig_recipe_slice *slice = plan->recipe->modules[0].slices;
  const double otherwise = plan->recipe->base_model ? 0 : 1 / (double)slice->count;
  json_t *models = json_array();
  int failed = !models;
  for (size_t k = 0; !failed && k < slice->count; k++) {
    json_t *weights = make_weights(plan, groups, values + k * groups->coefficients, otherwise);
    json_t *model = weights ? json_pack("{s:s, s:{s:o}}", "model", slice->sources[k].model,
                                        "parameters", "weight", weights)
                            : NULL;
    failed = !model || json_array_append_new(models, model);
  }
  if (!failed) return models;
  json_decref(models);
  return NULL;
}

// The recipe of coefficients that are in a file.
static json_t *make_short_document(const ig_fusion_plan *plan) {
  json_t *document = ig_json_copy(plan->recipe->document);
  json_t *learn = json_pack("{s:s}", "coefficients", plan->recipe->learning->coefficients);
  if (document && json_object_set(document, "learn", learn) == 0) {
    json_decref(learn);
    return document;
  }
  json_decref(learn);
  json_decref(document);
  return NULL;
}

static json_t *make_document(const ig_fusion_plan *plan, const ig_tensor_groups *groups,
                             const double *values) {
  const bool has_base = plan->recipe->base_model != NULL;
  json_t *document = ig_json_copy(plan->recipe->document);
  int failed = !document;
  if (!failed) {
    failed |= json_object_set_new(document, "merge_method",
                                  json_string(has_base ? "task_arithmetic" : "linear"));
    failed |= json_object_set_new(document, "models", make_models(plan, groups, values));
    if (!has_base)
      failed |= json_object_set_new(document, "parameters", json_pack("{s:b}", "normalize", 0));
    json_object_del(document, "learn");
  }
  if (!failed) return document;
  json_decref(document);
  return NULL;
}

ig_status ig_learned_recipe_make(const ig_fusion_plan *plan, const ig_tensor_groups *groups,
                                 const double *values, ig_recipe_file *out, ig_error *err) {
  *out = (ig_recipe_file){0};
  const bool by_row = plan->recipe->learning->granularity == IG_LEARNING_GRANULARITY_ROW;
  if (by_row) IG_TRY(ig_coefficient_file_write(plan, groups, values, err));
  json_t *document = by_row ? make_short_document(plan) : make_document(plan, groups, values);
  char *text = document ? ig_json_text(document, JSON_COMPACT) : NULL;
  json_decref(document);
  if (!text) return ig_fail_memory(err);
  const ig_status status =
      ig_recipe_file_parse(text, strlen(text), plan->recipe->root->file, out, err);
  free(text);
  return status;
}
