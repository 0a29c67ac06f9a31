#include "fuse/models.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "io/json.h"

static void count_layers(ig_fuse_model *m) {
  for (size_t i = 0; i < ig_safetensors_count(m->tensors); i++) {
    const ig_place place = ig_place_of(ig_safetensors_get(m->tensors, i)->name);
    if (place.layer >= m->layers[place.stack]) m->layers[place.stack] = place.layer + 1;
  }
}

static ig_status open_model(const char *reference, ig_fuse_model *out, ig_error *err) {
  *out = (ig_fuse_model){.reference = reference};
  IG_TRY(ig_safetensors_open(reference, &out->tensors, err));
  char *path = ig_join_path(reference, "config.json", err);
  ig_status status = path ? ig_json_load_object(path, &out->config, err) : IG_ERROR_MEMORY;
  free(path);
  if (status != IG_OK) {
    ig_safetensors_close(out->tensors);
    return status;
  }
  count_layers(out);
  return IG_OK;
}

ig_status ig_fuse_models_open(ig_fuse_models *models, const char *reference, size_t *index, ig_error *err) {
  for (*index = 0; *index < models->count; ++*index)
    if (strcmp(models->model[*index].reference, reference) == 0) return IG_OK;
  IG_TRY(ig_grow((void **)&models->model, &models->capacity, models->count + 1, sizeof *models->model, err));
  IG_TRY(open_model(reference, &models->model[models->count], err));
  models->count++;
  return IG_OK;
}

void ig_fuse_models_close(ig_fuse_models *models) {
  for (size_t i = 0; i < models->count; i++) {
    ig_safetensors_close(models->model[i].tensors);
    json_decref(models->model[i].config);
  }
  free(models->model);
  *models = (ig_fuse_models){0};
}
