// Reading a Hugging Face model directory: config.json, generation_config.json, model.safetensors
// (sharded too).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "model/arch/family.h"
#include "model/run/packed.h"

// Where a model comes from, and how its weights are to stand.
typedef struct source {
  const char *directory;
  const ig_family *family;
  bool packed;
  ig_pool *pool;  // that packs
} source;

static bool listed(const char *const *names, const char *name) {
  for (; names && *names; names++)
    if (strcmp(*names, name) == 0) return true;
  return false;
}

static const ig_safetensor *find_tensor(const ig_safetensors *file, const ig_tensor_names *names,
                                        const char *name) {
  const ig_safetensor *tensor = ig_safetensors_find(file, name);
  for (const char *const *alias = names->aliases; !tensor && alias && *alias; alias += 2)
    if (strcmp(alias[0], name) == 0) tensor = ig_safetensors_find(file, alias[1]);
  return tensor;
}

static ig_status check_shape(const ig_parameter *p, const ig_safetensor *tensor, ig_error *err) {
  bool same = tensor->rank == p->rank;
  for (int i = 0; same && i < p->rank; i++) same = tensor->shape[i] == p->shape[i];
  if (same) return IG_OK;
  char expected[64] = "", found[256] = "";
  size_t used = 0;
  for (int i = 0; i < p->rank; i++)
    used += (size_t)snprintf(expected + used, sizeof expected - used, "%s%zu", i ? ", " : "",
                             p->shape[i]);
  used = 0;
  for (int i = 0; i < tensor->rank; i++)
    used += (size_t)snprintf(found + used, sizeof found - used, "%s%zu", i ? ", " : "",
                             tensor->shape[i]);
  return ig_fail(err, IG_ERROR_FORMAT,
                 "%s: tensor %s: expected shape (%s) by config.json, found (%s)", tensor->file,
                 p->name, expected, found);
}

// tensors (parameter_count).
static ig_status find_tensors(const ig_model *m, const source *from, const ig_safetensors *file,
                              const ig_safetensor **tensors, ig_error *err) {
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    tensors[i] = find_tensor(file, &from->family->names, p->name);
    if (!tensors[i] && !p->trained) continue;  // a constant that older files leave out: zeros
    if (!tensors[i])
      return ig_fail(err, IG_ERROR_FORMAT, "%s: tensor %s is missing", from->directory, p->name);
    IG_TRY(check_shape(p, tensors[i], err));
  }
  return IG_OK;
}

static ig_status read_plain(ig_model *m, const ig_safetensor *const *tensors, ig_error *err) {
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    if (tensors[i])
      IG_TRY(ig_safetensors_read_weights(tensors[i], m->values + p->offset, p->count, err));
  }
  return IG_OK;
}

// Nothing in the file may go unused: a tensor we do not know means a model we would run wrongly.
static ig_status check_unused(const ig_model *m, const ig_family *family,
                              const ig_safetensors *file, ig_error *err) {
  for (size_t i = 0; i < ig_safetensors_count(file); i++) {
    const ig_safetensor *tensor = ig_safetensors_get(file, i);
    bool known = listed(family->names.ignored, tensor->name);
    for (size_t j = 0; !known && j < m->parameter_count; j++)
      known = strcmp(m->parameters[j].name, tensor->name) == 0;
    if (!known)
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: tensor %s does not belong to a %s model of this config.json",
                     tensor->file, tensor->name, family->name);
  }
  return IG_OK;
}

static bool holds(const char *directory, const char *name) {
  char *path = ig_path_join(directory, name, NULL);
  const bool there = path && ig_file_exists(path);
  free(path);
  return there;
}

ig_status ig_model_open_weights(const char *directory, ig_safetensors **out, ig_error *err) {
  const ig_status status = ig_safetensors_open(directory, out, err);
  const bool pickled =
      holds(directory, "pytorch_model.bin") || holds(directory, "pytorch_model.bin.index.json");
  if (status != IG_ERROR_IO || !pickled || holds(directory, "model.safetensors")) return status;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: there is pytorch_model.bin, but no model.safetensors, which is what is read; "
                 "transformers writes it: "
                 "MarianMTModel.from_pretrained(d).save_pretrained(d)",
                 directory);
}

ig_status ig_model_check_weights(const char *directory, const ig_config *config,
                                 const ig_safetensors *file, ig_error *err) {
  ig_model *m;
  IG_TRY(ig_model_allocate(config, directory, &m, err));
  const source from = {.directory = directory, .family = ig_family_find(config->family)};
  const ig_safetensor **tensors = ig_allocate(m->parameter_count, sizeof *tensors, err);
  ig_status status = tensors ? check_unused(m, from.family, file, err) : IG_ERROR_MEMORY;
  if (status == IG_OK) status = find_tensors(m, &from, file, tensors, err);
  free(tensors);
  ig_model_free(m);
  return status;
}

static ig_status load_weights(ig_model *m, const source *from, ig_error *err) {
  ig_safetensors *file = NULL;
  const ig_safetensor **tensors = ig_allocate(m->parameter_count, sizeof *tensors, err);
  ig_status status = tensors ? ig_model_open_weights(from->directory, &file, err) : IG_ERROR_MEMORY;
  if (status == IG_OK) status = check_unused(m, from->family, file, err);
  if (status == IG_OK) status = find_tensors(m, from, file, tensors, err);
  if (status == IG_OK)
    status = from->packed ? ig_model_read_packed(m, tensors, from->pool, err)
                          : read_plain(m, tensors, err);
  ig_safetensors_close(file);
  free(tensors);
  return status;
}

static ig_status load_generation_config(ig_model *m, const char *directory, ig_error *err) {
  char *path = ig_path_join(directory, "generation_config.json", err);
  if (!path) return IG_ERROR_MEMORY;
  size_t size;
  const ig_status status =
      ig_file_exists(path) ? ig_file_load(path, &m->generation_config, &size, err) : IG_OK;
  free(path);
  return status;
}

// What a run of training writes is no model itself, but holds some; an adapter becomes one with its
// base.
static ig_status no_config(const char *directory, ig_error *err) {
  static const char *const within[][2] = {{"best", "best/config.json"},
                                          {"latest", "latest/config.json"}};
  for (size_t i = 0; i < sizeof within / sizeof *within; i++)
    if (holds(directory, within[i][1]))
      return ig_fail(err, IG_ERROR_IO,
                     "%s: no model (config.json is missing), but there is one in %s/%s", directory,
                     directory, within[i][0]);
  if (holds(directory, "adapter_config.json"))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: a LoRA adapter, no model: `ingot fuse` makes one of BASE+%s", directory,
                   directory);
  return IG_OK;
}

ig_status ig_model_read_config(const char *directory, ig_config *out, const ig_family **family,
                               ig_error *err) {
  char *path = ig_path_join(directory, "config.json", err);
  if (!path) return IG_ERROR_MEMORY;
  json_t *json = NULL;
  ig_status status = ig_file_exists(path) ? IG_OK : no_config(directory, err);
  if (status == IG_OK) status = ig_json_load_object(path, &json, err);
  if (status == IG_OK) status = ig_family_of(json, path, family, err);
  if (status == IG_OK) status = (*family)->from_json(json, path, out, err);
  json_decref(json);
  free(path);
  return status;
}

static ig_status load(source *from, ig_model **out, ig_error *err) {
  const char *directory = from->directory;
  ig_config config;
  ig_model *m = NULL;
  *out = NULL;
  IG_TRY(ig_fail_if_null(directory, "directory", err));
  IG_TRY(ig_model_read_config(directory, &config, &from->family, err));
  char *path = ig_path_join(directory, "config.json", err);
  if (!path) return IG_ERROR_MEMORY;
  ig_status status = ig_model_allocate(&config, path, &m, err);
  free(path);
  if (status == IG_OK) status = load_weights(m, from, err);
  if (status == IG_OK) status = load_generation_config(m, directory, err);
  if (status != IG_OK) {
    ig_model_free(m);
    return status;
  }
  *out = m;
  return IG_OK;
}

ig_status ig_model_load(const char *directory, ig_model **out, ig_error *err) {
  return load(&(source){.directory = directory}, out, err);
}

ig_status ig_model_load_packed(const char *directory, ig_pool *pool, ig_model **out,
                               ig_error *err) {
  return load(&(source){.directory = directory, .packed = true, .pool = pool}, out, err);
}
