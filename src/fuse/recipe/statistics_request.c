#include "fuse/recipe/statistics_request.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "fuse/input/fuse_models.h"
#include "fuse/recipe/recipe.h"

static ig_status read_labels(const ig_yaml_node *node, const ig_method *method,
                             ig_statistics_labels *out, ig_error *err) {
  static const char *const words[] = {
      [IG_STATISTICS_LABELS_REFERENCE] = "reference", [IG_STATISTICS_LABELS_MODEL] = "model"};
  const ig_yaml_words known = {words, sizeof words / sizeof *words, "reference or model"};
  size_t word;
  if (ig_yaml_get(node, "labels") && method->statistics != IG_STATISTIC_KIND_FISHER)
    return ig_yaml_fail(ig_yaml_get(node, "labels"), err, "%s takes no gradients", method->name);
  IG_TRY(ig_yaml_word(node, "labels", &known, IG_STATISTICS_LABELS_REFERENCE, &word, err));
  *out = (ig_statistics_labels)word;
  return IG_OK;
}

static ig_status read_inputs(const ig_yaml_node *node, const ig_method *method,
                             ig_statistics_inputs *out, ig_error *err) {
  static const char *const words[] = {
      [IG_STATISTICS_INPUTS_OWN] = "own", [IG_STATISTICS_INPUTS_MERGED] = "merged"};
  const ig_yaml_words of_inputs = {words, sizeof words / sizeof *words, "own or merged"};
  size_t inputs;
  IG_TRY(ig_yaml_word(node, "inputs", &of_inputs, IG_STATISTICS_INPUTS_OWN, &inputs, err));
  if (ig_yaml_get(node, "inputs") && method->statistics != IG_STATISTIC_KIND_GRAM)
    return ig_yaml_fail(ig_yaml_get(node, "inputs"), err, "%s looks at no inputs of layers",
                        method->name);
  *out = (ig_statistics_inputs)inputs;
  return IG_OK;
}

static ig_status read_request(const ig_yaml_node *node, const ig_method *method,
                              ig_statistics_request *out, ig_error *err) {
  static const char *const keys[] = {"data", "inputs", "labels", "max_length", "stride"};
  out->node = node;
  IG_TRY(ig_yaml_check_keys(node, keys, sizeof keys / sizeof *keys, err));
  IG_TRY(ig_learning_read_files(node, "data", IG_LEARNING_FILES_OF_STATISTICS, &out->data,
                                &out->count, err));
  if (out->count == 0) return ig_yaml_fail(node, err, "has no 'data'");
  IG_TRY(read_labels(node, method, &out->labels, err));
  IG_TRY(read_inputs(node, method, &out->inputs, err));
  return ig_learning_read_lengths(node, ig_learning_has_questions(out->data, out->count),
                                  &out->lengths, err);
}

ig_status ig_statistics_request_read(const ig_yaml_node *root, const ig_method *method,
                                     ig_statistics_request **out, ig_error *err) {
  const ig_yaml_node *node;
  *out = NULL;
  IG_TRY(ig_yaml_map(root, "statistics", &node, err));
  const bool needs = method->statistics != IG_STATISTIC_KIND_NONE;
  if (!node && !needs) return IG_OK;
  if (!node)
    return ig_yaml_fail(root, err, "%s needs 'statistics', with their 'data'", method->name);
  if (!needs) return ig_yaml_fail(node, err, "%s needs no statistics", method->name);
  ig_statistics_request *request = ig_allocate(1, sizeof *request, err);
  if (!request) return IG_ERROR_MEMORY;
  const ig_status status = read_request(node, method, request, err);
  if (status == IG_OK)
    *out = request;
  else
    ig_statistics_request_free(request);
  return status;
}

bool ig_statistics_request_is_for(const ig_learning_files *set, const char *model) {
  return !set->model || ig_fuse_models_is_same(set->model, model);
}

ig_status ig_statistics_request_check(const ig_recipe *recipe, ig_error *err) {
  const ig_statistics_request *request = recipe->statistics;
  const ig_recipe_slice *slice = recipe->modules[0].slices;
  IG_TRY(ig_learning_check_files(request->data, request->count, err));
  for (size_t i = 0; i < request->count; i++) {
    size_t models = 0;
    for (size_t k = 0; k < slice->count; k++)
      models += ig_statistics_request_is_for(&request->data[i], slice->sources[k].model);
    if (models == 0)
      return ig_yaml_fail(ig_yaml_get(request->data[i].node, "model"), err,
                          "the recipe has no model '%.100s'", request->data[i].model);
  }
  for (size_t k = 0; k < slice->count; k++) {
    size_t sets = 0;
    for (size_t i = 0; i < request->count; i++)
      sets += ig_statistics_request_is_for(&request->data[i], slice->sources[k].model);
    if (sets == 0)
      return ig_yaml_fail(request->node, err, "there are no 'data' for %s",
                          slice->sources[k].model);
  }
  return IG_OK;
}

void ig_statistics_request_free(ig_statistics_request *request) {
  if (!request) return;
  free(request->data);
  free(request);
}
