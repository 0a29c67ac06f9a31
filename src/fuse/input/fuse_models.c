#include "fuse/input/fuse_models.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "fuse/input/families.h"
#include "fuse/input/ties.h"
#include "io/json.h"
#include "ingot.h"
#include "io/model_directory.h"

static size_t length_without_slashes(const char *name) {
  size_t length = strlen(name);
  while (length > 1 && name[length - 1] == '/') length--;
  return length;
}

bool ig_fuse_models_is_same(const char *a, const char *b) {
  struct stat x, y;
  const size_t length = length_without_slashes(a);
  if (length == length_without_slashes(b) && memcmp(a, b, length) == 0) return true;
  return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

const ig_stage_model *ig_fuse_models_find_stage(const ig_fuse_models *models, const char *name,
                                                size_t length) {
  for (size_t i = 0; i < models->stage_count; i++) {
    const ig_stage_model *stage = &models->stages[i];
    if (strlen(stage->name) == length && memcmp(stage->name, name, length) == 0) return stage;
  }
  return NULL;
}

// Splits "MODEL+ADAPTER+ADAPTER", of which MODEL may be a stage.
static ig_status split_reference(const ig_fuse_models *models, const char *reference,
                                 ig_fuse_model *m, const char **adapters, ig_error *err) {
  const size_t length = ig_model_name_split(reference, adapters);
  m->stage = ig_fuse_models_find_stage(models, reference, length);
  if (!m->stage) return ig_model_name_find(reference, &m->directory, adapters, err);
  const char *made = m->stage->directory;
  m->directory =
      made ? ig_allocate_copy(made, strlen(made), err) : ig_allocate_copy(reference, length, err);
  return m->directory ? IG_OK : IG_ERROR_MEMORY;
}

static ig_status check_name(const char *name, ig_error *err) {
  if (*name != '~' || ig_file_exists(name)) return IG_OK;
  return ig_fail(
      err, IG_ERROR_IO,
      "%s: cannot open: no such directory. '~' is not taken for the home directory: give "
      "the path of a directory",
      name);
}

// Tensors that the index names and no shard holds must be tied to others that are stored.
static ig_status check_absent(const ig_fuse_model *m, ig_error *err) {
  for (size_t i = 0; i < ig_safetensors_absent_count(m->tensors); i++) {
    const char *name = ig_safetensors_absent(m->tensors, i);
    if (!ig_ties_find(m, name)) return ig_safetensors_fail_absent(m->tensors, name, err);
  }
  return IG_OK;
}

static ig_status open_files(const ig_fuse_models *models, ig_fuse_model *m, ig_error *err) {
  m->not_made_yet = m->stage && !m->stage->directory;
  if (m->not_made_yet) {
    m->tensors = m->stage->tensors;
    m->config = json_incref(m->stage->config);
    return m->tensors ? ig_ties_settle(m, err) : IG_OK;
  }
  IG_TRY(check_name(m->directory, err));
  IG_TRY(ig_model_directory_refuse_archive(m->directory, err));
  IG_TRY(ig_safetensors_open_with_absent(m->directory, &m->tensors, err));
  if (models->renames && !m->stage)
    IG_TRY(ig_renames_apply(models->renames, m->reference, m->tensors, err));
  IG_TRY(ig_json_load_in(m->directory, "config.json", &m->config, err));
  // Its tensors are read as floats (io/quantized.h).
  if (ig_safetensors_quantized_count(m->tensors) > 0)
    json_object_del(m->config, "quantization_config");
  IG_TRY(ig_ties_settle(m, err));
  return check_absent(m, err);
}

static bool stores_transposed(const void *config, const char *tensor) {
  return ig_families_stores_transposed(config, tensor);
}

static ig_status open_adapters(ig_fuse_model *m, const char *names, ig_error *err) {
  const ig_lora_layout layout = {ig_families_has_transposed(m->config), stores_transposed,
                                 m->config};
  IG_TRY(ig_lora_open(names, &m->adapters, err));
  return ig_lora_attach(m->adapters, m->tensors, &layout, err);
}

static ig_status open_model(const ig_fuse_models *models, const char *reference, ig_fuse_model *out,
                            ig_error *err) {
  const char *adapters;
  *out = (ig_fuse_model){.reference = reference};
  IG_TRY(split_reference(models, reference, out, &adapters, err));
  IG_TRY(open_files(models, out, err));
  if (!out->tensors) return IG_OK;
  if (adapters) IG_TRY(open_adapters(out, adapters, err));
  return ig_layer_stacks_find(out->tensors, &out->stacks, err);
}

static void close_model(ig_fuse_model *m) {
  if (!m->not_made_yet) ig_safetensors_close(m->tensors);
  ig_lora_close(m->adapters);
  ig_layer_stacks_free(&m->stacks);
  json_decref(m->config);
  free(m->directory);
}

ig_status ig_fuse_models_open(ig_fuse_models *models, const char *reference, size_t *index,
                              ig_error *err) {
  for (*index = 0; *index < models->count; ++*index)
    if (ig_fuse_models_is_same(models->model[*index].reference, reference)) return IG_OK;
  IG_TRY(ig_allocate_more((void **)&models->model, &models->capacity, models->count + 1,
                          sizeof *models->model, err));
  ig_fuse_model *opened = &models->model[models->count];
  const ig_status status = open_model(models, reference, opened, err);
  if (status != IG_OK) {
    close_model(opened);
    *opened = (ig_fuse_model){.reference = reference};
  }
  if (status != IG_ERROR_MEMORY) models->count++;
  return status;
}

void ig_fuse_models_close(ig_fuse_models *models) {
  for (size_t i = 0; i < models->count; i++) close_model(&models->model[i]);
  free(models->model);
  *models = (ig_fuse_models){0};
}
