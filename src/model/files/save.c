// Writing a Hugging Face model directory. Each file is replaced atomically; the weights come last,
// so that a directory with weights is complete.
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "model/arch/family.h"
#include "model/model.h"

static ig_status save_json(const char *directory, const char *name, json_t *json, ig_error *err) {
  const ig_status status = ig_json_save_in(directory, name, json, 9, err);
  json_decref(json);
  return status;
}

// The dtype of config.json is what to compute in, not what the weights are stored as: float32, so
// that transformers gives the tokens that Ingot gives.
static ig_status save_config(const ig_model *m, const char *directory, ig_error *err) {
  return save_json(directory, "config.json", ig_family_write_config(&m->config), err);
}

static int set_id(json_t *json, const char *key, int id) {
  return id >= 0 ? json_object_set_new(json, key, json_integer(id)) : 0;
}

// What a model asks of a decoder that no file says anything of: beam 4, never pad, forced end at
// the last position. NULL: out of memory.
static json_t *default_generation(const ig_config *c) {
  json_t *json = json_object();
  int failed = set_id(json, "bos_token_id", c->bos_id);
  failed |= set_id(json, "eos_token_id", c->eos_id);
  failed |= set_id(json, "pad_token_id", c->pad_id);
  failed |= set_id(json, "decoder_start_token_id", c->decoder_start_id);
  failed |= set_id(json, "forced_eos_token_id", c->forced_eos_id);
  if (c->pad_id >= 0)
    failed |= json_object_set_new(json, "bad_words_ids", json_pack("[[i]]", c->pad_id));
  failed |= json_object_set_new(json, "num_beams", json_integer(4));
  failed |= json_object_set_new(
      json, "max_length",
      json_integer(c->positions.count > 0 && c->positions.count < 512 ? c->positions.count : 512));
  if (!failed) return json;
  json_decref(json);
  return NULL;
}

// The settings that the model's config.json held win over those of a new model. NULL: out of
// memory.
static ig_status save_new_generation(const ig_model *m, const char *directory, ig_error *err) {
  json_t *json = default_generation(&m->config), *own = NULL;
  ig_status status = IG_OK;
  if (m->generation_config)
    status =
        ig_json_parse(m->generation_config, strlen(m->generation_config), "config.json", &own, err);
  if (status == IG_OK && own && (!json || json_object_update(json, own) != 0))
    status = ig_fail_memory_in(directory, err);
  json_decref(own);
  if (status == IG_OK) return save_json(directory, "generation_config.json", json, err);
  json_decref(json);
  return status;
}

// A model without a decoder gets no such file, unless it was loaded with one.
static ig_status save_generation(const ig_model *m, const char *directory, ig_error *err) {
  if (!m->generation_config || m->generation_in_config)
    return ig_config_decodes(&m->config) ? save_new_generation(m, directory, err) : IG_OK;
  char *path = ig_path_join(directory, "generation_config.json", err);
  if (!path) return IG_ERROR_MEMORY;
  const ig_status status =
      ig_file_write(path, m->generation_config, strlen(m->generation_config), err);
  free(path);
  return status;
}

static ig_status save_weights(const ig_model *m, const char *directory, ig_dtype dtype,
                              ig_error *err) {
  ig_safetensors_output *tensors = ig_allocate(m->parameter_count, sizeof *tensors, err);
  char *path = ig_path_join(directory, "model.safetensors", err);
  ig_status status = tensors && path ? IG_OK : IG_ERROR_MEMORY;
  for (size_t i = 0; status == IG_OK && i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    tensors[i] = (ig_safetensors_output){
        .name = p->name, .dtype = dtype, .rank = p->rank, .values = m->values + p->offset};
    memcpy(tensors[i].shape, p->shape, sizeof p->shape);
  }
  if (status == IG_OK) status = ig_safetensors_write(path, tensors, m->parameter_count, err);
  free(tensors);
  free(path);
  return status;
}

ig_status ig_model_save(const ig_model *m, const char *directory, const char *dtype,
                        ig_error *err) {
  IG_TRY(ig_fail_if_null(m, "model", err));
  IG_TRY(ig_fail_if_null(directory, "directory", err));
  IG_TRY(ig_fail_if_null(dtype, "dtype", err));
  ig_dtype type;
  if (!ig_dtype_parse(dtype, &type) ||
      (type != IG_DTYPE_F32 && type != IG_DTYPE_BF16 && type != IG_DTYPE_F16))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "%s: dtype: expected float32, bfloat16 or float16, found \"%s\"", directory,
                   dtype);
  IG_TRY(ig_path_make_directories(directory, err));
  IG_TRY(save_config(m, directory, err));
  IG_TRY(save_generation(m, directory, err));
  return save_weights(m, directory, type, err);
}
