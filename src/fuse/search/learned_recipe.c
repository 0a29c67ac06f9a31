#include "fuse/search/learned_recipe.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
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

// The weights of one model. values (groups).
static json_t *make_weights(const ig_fusion_plan *plan, const ig_tensor_groups *groups,
                            const double *values, double otherwise) {
  json_t *choices = json_array();
  int failed = !choices;
  for (size_t i = 0; !failed && i < plan->count; i++)
    if (groups->of_tensor[i] != SIZE_MAX)
      failed = append_choice(choices, plan->tensors[i].name, values[groups->of_tensor[i]]);
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
    json_t *weights = make_weights(plan, groups, values + k * groups->count, otherwise);
    json_t *model = weights ? json_pack("{s:s, s:{s:o}}", "model", slice->sources[k].model,
                                        "parameters", "weight", weights)
                            : NULL;
    failed = !model || json_array_append_new(models, model);
  }
  if (!failed) return models;
  json_decref(models);
  return NULL;
}

static json_t *make_document(const ig_fusion_plan *plan, const ig_tensor_groups *groups,
                             const double *values) {
  const bool has_base = plan->recipe->base_model != NULL;
  json_t *document = json_copy(plan->recipe->document);
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
  json_t *document = make_document(plan, groups, values);
  char *text = document ? ig_json_text(document, JSON_COMPACT) : NULL;
  json_decref(document);
  if (!text) return ig_fail_memory(err);
  const ig_status status =
      ig_recipe_file_parse(text, strlen(text), plan->recipe->root->file, out, err);
  free(text);
  return status;
}
