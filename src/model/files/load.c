// Reading a Hugging Face model directory: config.json, generation_config.json, and the weights
// (io/safetensors.h).
#include "model/files/load.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "model/arch/initialize.h"
#include "model/create/create.h"
#include "model/files/config_file.h"
#include "model/files/generation_file.h"
#include "model/files/weights.h"
#include "model/run/pack.h"

// How the weights are wanted.
typedef struct loading {
  const char *directory;
  bool packed;
  ig_pool *pool;  // packs
} loading;

// Constants that the file leaves out.
static void fill_missing(ig_model *m, const ig_safetensor *const *tensors) {
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    if (!tensors[i]) ig_initialize_constant(&m->config, p, m->values + p->offset);
  }
}

static ig_status read_plain(ig_model *m, const ig_safetensor *const *tensors, ig_error *err) {
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    if (tensors[i])
      IG_TRY(ig_safetensors_read_weights(tensors[i], m->values + p->offset, p->count, err));
  }
  return IG_OK;
}

static ig_status load_weights(ig_model *m, const loading *how, const ig_safetensors *file,
                              ig_error *err) {
  const ig_safetensor **tensors = ig_allocate(m->parameter_count, sizeof *tensors, err);
  ig_status status = tensors ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK) status = ig_weights_match(m, how->directory, file, tensors, err);
  if (status == IG_OK) fill_missing(m, tensors);
  if (status == IG_OK)
    status = how->packed ? ig_pack_read(m, tensors, how->pool, err) : read_plain(m, tensors, err);
  free(tensors);
  return status;
}

static ig_status load_of_config(const loading *how, ig_config *config, ig_model **out,
                                ig_error *err) {
  ig_safetensors *file = NULL;
  char *path = ig_path_join(how->directory, "config.json", err);
  if (!path) return IG_ERROR_MEMORY;
  ig_status status = ig_config_check(config, path, err);
  if (status == IG_OK) status = ig_safetensors_open_with_absent(how->directory, &file, err);
  if (status == IG_OK) status = ig_weights_settle_ties(file, config, err);
  if (status == IG_OK) status = ig_create_zeroed(config, path, out, err);
  if (status == IG_OK) status = load_weights(*out, how, file, err);
  ig_safetensors_close(file);
  free(path);
  return status;
}

static ig_status load_model(const loading *how, ig_model **out, ig_error *err) {
  const char *directory = how->directory;
  ig_config config;
  ig_model *m = NULL;
  *out = NULL;
  IG_TRY(ig_fail_if_null(directory, "directory", err));
  IG_TRY(ig_config_file_read(directory, &config, err));
  ig_status status = load_of_config(how, &config, &m, err);
  if (status == IG_OK) status = ig_generation_file_load(directory, m, err);
  if (status != IG_OK) {
    ig_model_free(m);
    return status;
  }
  *out = m;
  return IG_OK;
}

ig_status ig_model_load(const char *directory, ig_model **out, ig_error *err) {
  IG_TRY(ig_fail_if_null(out, "out", err));
  return load_model(&(loading){.directory = directory}, out, err);
}

ig_status ig_load_packed(const char *directory, ig_pool *pool, ig_model **out, ig_error *err) {
  return load_model(&(loading){.directory = directory, .packed = true, .pool = pool}, out, err);
}
