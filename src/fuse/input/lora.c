#include "fuse/input/lora.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/name.h"
#include "base/path.h"
#include "io/json.h"

struct ig_lora_adapter {
  char *directory;
  ig_safetensors *tensors;
  double alpha;
  bool rank_stabilized;
};

static const char prefix[] = "base_model.model.", a_suffix[] = ".lora_A.weight",
                  b_suffix[] = ".lora_B.weight", weight_suffix[] = ".weight";
enum { MOST_NAME = 512 };

// ---- opening ----------------------------------------------------------------

// Refuses settings that would change the formula.
static ig_status refuse_variants(ig_json_object config, ig_error *err) {
  static const char *const flags[] = {"use_dora", "fan_in_fan_out", "lora_bias"};
  static const char *const maps[] = {"rank_pattern", "alpha_pattern"};
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
    bool on;
    IG_TRY(ig_json_bool(config, flags[i], false, &on, err));
    if (on)
      return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s is not supported", config.where, flags[i]);
  }
  for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
    if (json_object_size(json_object_get(config.object, maps[i])) > 0)
      return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s is not supported", config.where, maps[i]);
  const char *kind;
  IG_TRY(ig_json_string(config, "peft_type", "LORA", &kind, err));
  return strcmp(kind, "LORA") == 0 ? IG_OK
                                   : ig_fail(err, IG_ERROR_UNSUPPORTED,
                                             "%s: peft_type %s, expected LORA", config.where, kind);
}

static ig_status read_config(ig_lora_adapter *adapter, const char *path, ig_error *err) {
  json_t *json;
  IG_TRY(ig_json_load_object(path, &json, err));
  const ig_json_object config = {json, path};
  ig_status status = refuse_variants(config, err);
  if (status == IG_OK) status = ig_json_require(config, "lora_alpha", err);
  if (status == IG_OK) status = ig_json_number(config, "lora_alpha", 0, &adapter->alpha, err);
  if (status == IG_OK)
    status = ig_json_bool(config, "use_rslora", false, &adapter->rank_stabilized, err);
  json_decref(json);
  return status;
}

static ig_status open_adapter(ig_lora_adapter *adapter, const char *directory, ig_error *err) {
  char *config = ig_path_join(directory, "adapter_config.json", err),
       *weights = config ? ig_path_join(directory, "adapter_model.safetensors", err) : NULL;
  ig_status status = weights ? read_config(adapter, config, err) : IG_ERROR_MEMORY;
  if (status == IG_OK) status = ig_safetensors_open_file(weights, &adapter->tensors, err);
  free(config);
  free(weights);
  return status;
}

ig_status ig_lora_open(const char *directory, ig_lora_adapter **out, ig_error *err) {
  *out = NULL;
  ig_lora_adapter *adapter = ig_allocate(1, sizeof *adapter, err);
  if (!adapter) return IG_ERROR_MEMORY;
  adapter->directory = ig_allocate_copy(directory, strlen(directory), err);
  const ig_status status =
      adapter->directory ? open_adapter(adapter, directory, err) : IG_ERROR_MEMORY;
  if (status == IG_OK)
    *out = adapter;
  else
    ig_lora_close(adapter);
  return status;
}

void ig_lora_close(ig_lora_adapter *adapter) {
  if (!adapter) return;
  ig_safetensors_close(adapter->tensors);
  free(adapter->directory);
  free(adapter);
}

const char *ig_lora_directory(const ig_lora_adapter *adapter) { return adapter->directory; }
const char *ig_lora_file(const ig_lora_adapter *adapter) {
  return ig_safetensors_file(adapter->tensors, 0);
}

// ---- parts ------------------------------------------------------------------

ig_status ig_lora_find(const ig_lora_adapter *adapter, const ig_safetensor *weight, ig_lora *out,
                       ig_error *err) {
  *out = (ig_lora){0};
  if (!adapter || !ig_name_ends_with(weight->name, weight_suffix) ||
      strlen(weight->name) > MOST_NAME)
    return IG_OK;
  const int stem = (int)(strlen(weight->name) - strlen(weight_suffix));
  char name[MOST_NAME + 64];
  snprintf(name, sizeof name, "%s%.*s%s", prefix, stem, weight->name, a_suffix);
  const ig_safetensor *a = ig_safetensors_find(adapter->tensors, name);
  snprintf(name, sizeof name, "%s%.*s%s", prefix, stem, weight->name, b_suffix);
  const ig_safetensor *b = ig_safetensors_find(adapter->tensors, name);
  if (!a && !b) return IG_OK;
  if (!a || !b)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s has one of lora_A and lora_B only",
                   adapter->directory, weight->name);
  if (weight->rank != 2 || a->rank != 2 || b->rank != 2 || a->shape[1] != weight->shape[1] ||
      b->shape[0] != weight->shape[0] || a->shape[0] != b->shape[1])
    return ig_fail(err, IG_ERROR_FORMAT, "%s: the shapes of lora_A and lora_B do not fit %s",
                   adapter->directory, weight->name);
  const double rank = (double)(a->shape[0] ? a->shape[0] : 1);
  *out = (ig_lora){a, b, (float)(adapter->alpha / (adapter->rank_stabilized ? sqrt(rank) : rank))};
  return IG_OK;
}

ig_status ig_lora_check(const ig_lora_adapter *adapter, const ig_safetensors *model,
                        ig_error *err) {
  for (size_t i = 0; i < ig_safetensors_count(adapter->tensors); i++) {
    const char *name = ig_safetensors_get(adapter->tensors, i)->name,
               *suffix = ig_name_ends_with(name, a_suffix) ? a_suffix : b_suffix;
    char weight[MOST_NAME + 64];
    const bool fits = strncmp(name, prefix, strlen(prefix)) == 0 &&
                      ig_name_ends_with(name, suffix) && strlen(name) < MOST_NAME;
    if (fits)
      snprintf(weight, sizeof weight, "%.*s%s",
               (int)(strlen(name) - strlen(prefix) - strlen(suffix)), name + strlen(prefix),
               weight_suffix);
    if (!fits || !ig_safetensors_find(model, weight))
      return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s belongs to no linear layer of the model",
                     adapter->directory, name);
  }
  return IG_OK;
}

// ---- adding -----------------------------------------------------------------

size_t ig_lora_scratch(const ig_lora *l, size_t rows) {
  return l->a ? l->a->elements + rows * l->b->shape[1] : 0;
}

ig_status ig_lora_add(const ig_lora *l, size_t first, size_t rows, float *x, float *scratch,
                      ig_error *err) {
  const size_t rank = l->a->shape[0], columns = l->a->shape[1];
  float *a = scratch, *b = scratch + l->a->elements;
  IG_TRY(ig_safetensors_read_part(l->a, 0, l->a->elements, a, err));
  IG_TRY(ig_safetensors_read_part(l->b, first * rank, rows * rank, b, err));
  for (size_t row = 0; row < rows; row++, x += columns, b += rank)
    for (size_t r = 0; r < rank; r++) {
      const float factor = l->scale * b[r], *from = a + r * columns;
      for (size_t i = 0; i < columns; i++) x[i] += factor * from[i];
    }
  return IG_OK;
}
