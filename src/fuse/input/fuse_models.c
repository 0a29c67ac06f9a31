#include "fuse/input/fuse_models.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "io/json.h"

const ig_stage_model *ig_fuse_models_find_stage(const ig_fuse_models *models, const char *name,
                                                size_t length) {
  for (size_t i = 0; i < models->stage_count; i++) {
    const ig_stage_model *stage = &models->stages[i];
    if (strlen(stage->name) == length && memcmp(stage->name, name, length) == 0) return stage;
  }
  return NULL;
}

// Splits "MODEL+ADAPTER", unless a directory of that whole name exists.
static ig_status split_reference(const ig_fuse_models *models, const char *reference,
                                 ig_fuse_model *m, const char **adapter, ig_error *err) {
  const char *plus = ig_file_exists(reference) ? NULL : strrchr(reference, '+');
  const size_t length = plus ? (size_t)(plus - reference) : strlen(reference);
  m->stage = ig_fuse_models_find_stage(models, reference, length);
  const char *made = m->stage ? m->stage->directory : NULL;
  m->directory =
      made ? ig_allocate_copy(made, strlen(made), err) : ig_allocate_copy(reference, length, err);
  *adapter = plus ? plus + 1 : NULL;
  return m->directory ? IG_OK : IG_ERROR_MEMORY;
}

static ig_status open_files(ig_fuse_model *m, ig_error *err) {
  m->not_made_yet = m->stage && !m->stage->directory;
  if (m->not_made_yet) {
    m->tensors = m->stage->tensors;
    m->config = json_incref(m->stage->config);
    return IG_OK;
  }
  IG_TRY(ig_safetensors_open(m->directory, &m->tensors, err));
  return ig_json_load_in(m->directory, "config.json", &m->config, err);
}

static ig_status open_model(const ig_fuse_models *models, const char *reference, ig_fuse_model *out,
                            ig_error *err) {
  const char *adapter;
  *out = (ig_fuse_model){.reference = reference};
  IG_TRY(split_reference(models, reference, out, &adapter, err));
  IG_TRY(open_files(out, err));
  if (!out->tensors) return IG_OK;
  if (adapter) IG_TRY(ig_lora_open(adapter, &out->adapter, err));
  if (adapter) IG_TRY(ig_lora_check(out->adapter, out->tensors, err));
  return ig_layer_stacks_find(out->tensors, &out->stacks, err);
}

static void close_model(ig_fuse_model *m) {
  if (!m->not_made_yet) ig_safetensors_close(m->tensors);
  ig_lora_close(m->adapter);
  ig_layer_stacks_free(&m->stacks);
  json_decref(m->config);
  free(m->directory);
}

ig_status ig_fuse_models_open(ig_fuse_models *models, const char *reference, size_t *index,
                              ig_error *err) {
  for (*index = 0; *index < models->count; ++*index)
    if (strcmp(models->model[*index].reference, reference) == 0) return IG_OK;
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
