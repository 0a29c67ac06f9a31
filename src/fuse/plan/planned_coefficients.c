#include "fuse/plan/planned_coefficients.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "io/json.h"
#include "io/safetensors_metadata.h"

static const char models_key[] = "ingot.models", base_key[] = "ingot.base_model";

bool ig_planned_coefficients_has(const ig_plan_tensor *t) {
  return !t->copied && t->method->learns;
}

// ---- whose they are -----------------------------------------------------------

static json_t *list_models(const ig_recipe_slice *slice) {
  json_t *models = json_array();
  int failed = !models;
  for (size_t i = 0; !failed && i < slice->count; i++)
    failed = json_array_append_new(models, json_string(slice->sources[i].model));
  if (!failed) return models;
  json_decref(models);
  return NULL;
}

json_t *ig_planned_coefficients_metadata(const ig_recipe *recipe) {
  json_t *models = list_models(recipe->modules[0].slices);
  char *text = models ? ig_json_text(models, JSON_COMPACT) : NULL;
  json_t *out =
      text ? json_pack("{s:s, s:s*}", models_key, text, base_key, recipe->base_model) : NULL;
  json_decref(models);
  free(text);
  return out;
}

static bool is_of(const ig_recipe *recipe, const json_t *models, const char *base) {
  const ig_recipe_slice *slice = recipe->modules[0].slices;
  bool same = json_array_size(models) == slice->count && !base == !recipe->base_model;
  for (size_t i = 0; same && i < slice->count; i++) {
    const char *name = json_string_value(json_array_get(models, i));
    same = name && ig_fuse_models_is_same(name, slice->sources[i].model);
  }
  return same && (!base || ig_fuse_models_is_same(base, recipe->base_model));
}

// *same: the file's coefficients are of the recipe's models; if not, there is a problem more.
static ig_status check_models(ig_fusion_plan *plan, const ig_safetensors *file, bool *same,
                              ig_error *err) {
  const char *path = plan->recipe->learning->coefficients;
  const char *text = ig_safetensors_metadata_find(file, models_key);
  const char *base = ig_safetensors_metadata_find(file, base_key);
  json_t *models = NULL;
  *same = false;
  if (!text)
    return ig_problems_add(&plan->problems, NULL, err,
                           "%s does not say what models its coefficients are of", path);
  IG_TRY(ig_json_parse(text, strlen(text), path, &models, err));
  *same = is_of(plan->recipe, models, base);
  json_decref(models);
  if (*same) return IG_OK;
  return ig_problems_add(&plan->problems, NULL, err,
                         "%s: expected the models %.300s in this order and %s%.200s, of which its "
                         "coefficients are",
                         path, text, base ? "the base_model " : "no base_model", base ? base : "");
}

// ---- their values -------------------------------------------------------------

// Adds a problem if the file's tensor cannot be the coefficients of the plan's; *suits: it can.
static ig_status check_shape(ig_fusion_plan *plan, const ig_plan_tensor *t, const ig_safetensor *c,
                             bool *suits, ig_error *err) {
  const char *path = plan->recipe->learning->coefficients;
  const size_t rows = ig_fusion_plan_rows(t);
  *suits = false;
  if (c->rank != 2)
    return ig_problems_add(&plan->problems, t->name, err,
                           "%s: expected coefficients of rank 2, found %d", path, c->rank);
  if (c->shape[0] != t->inputs)
    return ig_problems_add(&plan->problems, t->name, err,
                           "%s: expected coefficients of %zu models, found %zu", path, t->inputs,
                           c->shape[0]);
  *suits = c->shape[1] == 1 || c->shape[1] == rows;
  if (*suits) return IG_OK;
  if (rows == 1)
    return ig_problems_add(&plan->problems, t->name, err,
                           "%s: expected one coefficient a model, found %zu", path, c->shape[1]);
  return ig_problems_add(&plan->problems, t->name, err,
                         "%s: expected coefficients of %zu rows, or one for all, found %zu", path,
                         rows, c->shape[1]);
}

static ig_status attach(ig_plan_tensor *t, const ig_safetensor *c, ig_error *err) {
  t->coefficients = ig_allocate(c->elements, sizeof *t->coefficients, err);
  if (!t->coefficients) return IG_ERROR_MEMORY;
  t->coefficient_rows = c->shape[1];
  return ig_safetensor_read_weights(c, t->coefficients, c->elements, err);
}

// Attaches the coefficients of each tensor; *found: how many of the file's tensors they are in.
static ig_status attach_all(ig_fusion_plan *plan, const ig_safetensors *file, size_t *found,
                            ig_error *err) {
  const char *path = plan->recipe->learning->coefficients;
  *found = 0;
  for (size_t i = 0; i < plan->count; i++) {
    ig_plan_tensor *t = &plan->tensors[i];
    if (!ig_planned_coefficients_has(t)) continue;
    const ig_safetensor *c = ig_safetensors_find(file, t->name);
    *found += c != NULL;
    bool suits = false;
    if (c)
      IG_TRY(check_shape(plan, t, c, &suits, err));
    else
      IG_TRY(ig_problems_add(&plan->problems, t->name, err, "%s has no coefficients of it", path));
    if (suits) IG_TRY(attach(t, c, err));
  }
  return IG_OK;
}

static ig_status attach_file(ig_fusion_plan *plan, const ig_safetensors *file, ig_error *err) {
  size_t found;
  bool same;
  IG_TRY(check_models(plan, file, &same, err));
  if (!same) return IG_OK;
  IG_TRY(attach_all(plan, file, &found, err));
  if (found == ig_safetensors_count(file)) return IG_OK;
  return ig_problems_add(&plan->problems, NULL, err,
                         "%s: %zu of its %zu tensors are none of the models'",
                         plan->recipe->learning->coefficients, ig_safetensors_count(file) - found,
                         ig_safetensors_count(file));
}

ig_status ig_planned_coefficients_open(ig_fusion_plan *plan, ig_error *err) {
  const ig_learning *l = plan->recipe->learning;
  ig_safetensors *file;
  if (!l || l->data_count > 0) return IG_OK;
  IG_TRY(ig_safetensors_open_file(l->coefficients, &file, err));
  const ig_status status = attach_file(plan, file, err);
  ig_safetensors_close(file);
  return status;
}

size_t ig_planned_coefficients_memory(const ig_fusion_plan *plan) {
  const ig_learning *l = plan->recipe->learning;
  size_t values = 0;
  if (!l || !l->coefficients) return 0;
  for (size_t i = 0; i < plan->count; i++)
    values += plan->tensors[i].inputs * ig_fusion_plan_rows(&plan->tensors[i]);
  return values * sizeof(float);
}
