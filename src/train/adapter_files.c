// Reads and writes adapters under the names that PEFT gives their tensors.
#include "train/adapter_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/name.h"
#include "base/path.h"
#include "io/json.h"
#include "io/lora_adapter.h"
#include "io/lora_names.h"
#include "io/safetensors.h"
#include "train/adapter_layers.h"

const char *const ig_adapter_files_config = "adapter_config.json";
const char *const ig_adapter_files_weights = "adapter_model.safetensors";

// ---- reading ----------------------------------------------------------------

// The tensors of one layer; NULL: the file has none.
typedef struct layer_tensors {
  const ig_safetensor *a, *b, *magnitude;
} layer_tensors;

typedef struct adapter_reader {
  const ig_lora_adapter *file;
  const char *directory;
  const ig_model *model;
  layer_tensors *tensors;    // (parameter_count)
  ig_adapter_layer *layers;  // (parameter_count)
  size_t count;
} adapter_reader;

// The linear layer with a name of `length` letters; parameter_count: there is none.
static size_t find_layer(const ig_model *m, const char *name, size_t length) {
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    if (ig_adapter_layers_is_linear(p) && (size_t)ig_adapter_layers_stem(p) == length &&
        memcmp(p->name, name, length) == 0)
      return i;
  }
  return m->parameter_count;
}

static ig_status note_tensor(adapter_reader *r, const ig_safetensor *tensor, ig_error *err) {
  const char *path;
  ig_lora_part part;
  const size_t length = ig_lora_names_split(tensor->name, &path, &part);
  if (part != IG_LORA_PART_A && part != IG_LORA_PART_B && part != IG_LORA_PART_MAGNITUDE)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: tensor %s: only lora_A, lora_B and lora_magnitude_vector of linear layers "
                   "are trained here",
                   r->directory, tensor->name);
  const size_t i = find_layer(r->model, path, length);
  if (i == r->model->parameter_count)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: tensor %s: the model has no linear layer %.*s",
                   r->directory, tensor->name, (int)length, path);
  layer_tensors *of = &r->tensors[i];
  const ig_safetensor **place = part == IG_LORA_PART_A   ? &of->a
                                : part == IG_LORA_PART_B ? &of->b
                                                         : &of->magnitude;
  if (*place)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s and %s are of one layer", r->directory,
                   (*place)->name, tensor->name);
  *place = tensor;
  return IG_OK;
}

// columns 0: a vector is expected.
static ig_status check_shape(const adapter_reader *r, const ig_safetensor *tensor, size_t rows,
                             size_t columns, ig_error *err) {
  char expected[64];
  if (columns) {
    if (tensor->rank == 2 && tensor->shape[0] == rows && tensor->shape[1] == columns) return IG_OK;
    snprintf(expected, sizeof expected, "a matrix of %zu rows and %zu columns", rows, columns);
  } else {
    if (tensor->rank == 1 && tensor->shape[0] == rows) return IG_OK;
    snprintf(expected, sizeof expected, "a vector of %zu values", rows);
  }
  return ig_fail(err, IG_ERROR_FORMAT, "%s: tensor %s: expected %s", r->directory, tensor->name,
                 expected);
}

// Whether target_modules name a layer as PEFT finds it. A single text may be an expression, which
// is not asked.
static bool is_targeted(const json_t *targets, const char *path) {
  size_t i;
  json_t *target;
  if (!json_is_array(targets)) return true;
  json_array_foreach(targets, i, target) {
    const char *name = json_string_value(target);
    if (!name || !ig_name_ends_with(path, name)) continue;
    const size_t before = strlen(path) - strlen(name);
    if (before == 0 || path[before - 1] == '.') return true;
  }
  return false;
}

// A configuration that contradicts the tensors is of another adapter. What goes on would be written
// with it.
static ig_status check_config(const adapter_reader *r, const char *path, size_t rank,
                              ig_error *err) {
  const ig_lora_config *config = ig_lora_adapter_config(r->file);
  const double told = ig_lora_config_rank(config, path);
  if (told != 0 && told != (double)rank)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s has tensors of rank %zu, and %s gives it rank %g",
                   r->directory, path, rank, ig_adapter_files_config, told);
  if (!(ig_lora_config_scale(config, path, rank) > 0))
    return ig_fail(err, IG_ERROR_FORMAT, "%s/%s: the alpha of %s: expected a number above 0",
                   r->directory, ig_adapter_files_config, path);
  if (is_targeted(json_object_get(config->json, "target_modules"), path)) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: it has tensors of %s, which target_modules of %s lack",
                 r->directory, path, ig_adapter_files_config);
}

// Adds the layer of a tensor of the model, if the adapter has one.
static ig_status add_layer(adapter_reader *r, size_t parameter, ig_error *err) {
  const ig_parameter *p = &r->model->parameters[parameter];
  const layer_tensors *of = &r->tensors[parameter];
  const ig_lora_config *config = ig_lora_adapter_config(r->file);
  char path[IG_NAME_SIZE];
  if (!of->a && !of->b && !of->magnitude) return IG_OK;
  snprintf(path, sizeof path, "%.*s", ig_adapter_layers_stem(p), p->name);
  if (!of->a || !of->b || !of->magnitude == config->has_magnitudes)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: expected lora_A, lora_B%s", r->directory, path,
                   config->has_magnitudes ? " and lora_magnitude_vector (use_dora)"
                                          : " and no lora_magnitude_vector (use_dora is false)");
  const size_t rank = of->a->rank == 2 ? of->a->shape[0] : 0;
  if (rank == 0)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: tensor %s: expected a matrix", r->directory,
                   of->a->name);
  IG_TRY(check_shape(r, of->a, rank, p->shape[1], err));
  IG_TRY(check_shape(r, of->b, p->shape[0], rank, err));
  if (of->magnitude) IG_TRY(check_shape(r, of->magnitude, p->shape[0], 0, err));
  IG_TRY(check_config(r, path, rank, err));
  r->layers[r->count++] =
      (ig_adapter_layer){.parameter = parameter,
                         .rank = rank,
                         .scale = (float)ig_lora_config_scale(config, path, rank)};
  return IG_OK;
}

static ig_status read_values(const adapter_reader *r, ig_adapter *a, ig_error *err) {
  for (size_t i = 0; i < a->count; i++) {
    const ig_adapter_layer *l = &a->layers[i];
    const layer_tensors *of = &r->tensors[l->parameter];
    IG_TRY(ig_safetensor_read_weights(of->a, a->values + l->a, l->rank * l->in, err));
    IG_TRY(ig_safetensor_read_weights(of->b, a->values + l->b, l->out * l->rank, err));
    if (of->magnitude)
      IG_TRY(ig_safetensor_read_weights(of->magnitude, a->values + l->magnitude, l->out, err));
  }
  return IG_OK;
}

static ig_status read_adapter(adapter_reader *r, ig_adapter **out, ig_error *err) {
  const ig_safetensors *tensors = ig_lora_adapter_tensors(r->file);
  const bool has_magnitudes = ig_lora_adapter_config(r->file)->has_magnitudes;
  r->tensors = ig_allocate(r->model->parameter_count, sizeof *r->tensors, err);
  r->layers = ig_allocate(r->model->parameter_count, sizeof *r->layers, err);
  if (!r->tensors || !r->layers) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < ig_safetensors_count(tensors); i++)
    IG_TRY(note_tensor(r, ig_safetensors_get(tensors, i), err));
  for (size_t i = 0; i < r->model->parameter_count; i++) IG_TRY(add_layer(r, i, err));
  if (r->count == 0)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: the adapter has no tensors", r->directory);
  IG_TRY(ig_adapter_create(r->model, r->layers, r->count, has_magnitudes, out, err));
  return read_values(r, *out, err);
}

ig_status ig_adapter_files_read(const char *directory, const ig_model *model, ig_adapter **out,
                                json_t **config, ig_error *err) {
  ig_lora_adapter *file;
  *out = NULL;
  *config = NULL;
  IG_TRY(ig_lora_adapter_open(directory, &file, err));
  adapter_reader reader = {.file = file, .directory = directory, .model = model};
  ig_status status = read_adapter(&reader, out, err);
  if (status == IG_OK) {
    *config = json_deep_copy(ig_lora_adapter_config(file)->json);
    if (!*config) status = ig_fail_memory_in(directory, err);
  }
  if (status != IG_OK) {
    ig_adapter_free(*out);
    *out = NULL;
  }
  free(reader.tensors);
  free(reader.layers);
  ig_lora_adapter_close(file);
  return status;
}

// ---- writing ----------------------------------------------------------------

json_t *ig_adapter_files_describe(const ig_adapter *a, const ig_model *m, double alpha) {
  // Whole names: PEFT adapts every module whose name ends with a target.
  json_t *targets = json_array();
  int failed = !targets;
  for (size_t i = 0; i < a->count; i++) {
    const ig_parameter *p = &m->parameters[a->layers[i].parameter];
    failed |=
        json_array_append_new(targets, json_stringn(p->name, (size_t)ig_adapter_layers_stem(p)));
  }
  json_t *config =
      failed ? NULL
             : json_pack("{s:s, s:n, s:n, s:i, s:f, s:f, s:s, s:b, s:b, s:b, s:b, s:O, s:{}, s:{}}",
                         "peft_type", "LORA", "task_type", "base_model_name_or_path", "r",
                         (int)a->layers[0].rank, "lora_alpha", alpha, "lora_dropout", 0.0, "bias",
                         "none", "fan_in_fan_out", 0, "use_rslora", 0, "use_dora",
                         (int)a->has_magnitudes, "inference_mode", 1, "target_modules", targets,
                         "rank_pattern", "alpha_pattern");
  json_decref(targets);
  return config;
}

// A tensor of the file and the place for its name.
typedef struct named_output {
  char name[IG_NAME_SIZE + 64];
} named_output;

static ig_safetensors_output describe(named_output *named, const ig_parameter *p, const char *part,
                                      ig_dtype dtype) {
  snprintf(named->name, sizeof named->name, "base_model.model.%.*s.%s", ig_adapter_layers_stem(p),
           p->name, part);
  return (ig_safetensors_output){.name = named->name, .dtype = dtype, .rank = 2};
}

// Fills the tensors of all layers; returns their number.
static size_t list_tensors(const ig_adapter *a, const ig_model *m, ig_dtype dtype,
                           named_output *names, ig_safetensors_output *out) {
  size_t n = 0;
  for (size_t i = 0; i < a->count; i++) {
    const ig_adapter_layer *l = &a->layers[i];
    const ig_parameter *p = &m->parameters[l->parameter];
    out[n] = describe(&names[n], p, "lora_A.weight", dtype);
    out[n].shape[0] = l->rank;
    out[n].shape[1] = l->in;
    out[n++].values = a->values + l->a;
    out[n] = describe(&names[n], p, "lora_B.weight", dtype);
    out[n].shape[0] = l->out;
    out[n].shape[1] = l->rank;
    out[n++].values = a->values + l->b;
    if (!a->has_magnitudes) continue;
    out[n] = describe(&names[n], p, "lora_magnitude_vector", dtype);
    out[n].rank = 1;
    out[n].shape[0] = l->out;
    out[n++].values = a->values + l->magnitude;
  }
  return n;
}

static ig_status write_weights(const ig_adapter *a, const ig_model *m, ig_dtype dtype,
                               const char *directory, ig_error *err) {
  ig_safetensors_output *tensors = ig_allocate(3 * a->count, sizeof *tensors, err);
  named_output *names = ig_allocate(3 * a->count, sizeof *names, err);
  char *path = ig_path_join(directory, ig_adapter_files_weights, err);
  ig_status status = tensors && names && path ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK)
    status = ig_safetensors_write(path, tensors, list_tensors(a, m, dtype, names, tensors), err);
  free(path);
  free(names);
  free(tensors);
  return status;
}

ig_status ig_adapter_files_write(const ig_adapter *a, const ig_model *m, const json_t *config,
                                 const char *dtype, const char *directory, ig_error *err) {
  ig_dtype type;
  if (!ig_dtype_parse(dtype, &type))
    return ig_fail(err, IG_ERROR_ARGUMENT, "dtype: found '%.40s'", dtype);
  IG_TRY(write_weights(a, m, type, directory, err));
  return ig_json_save_in(directory, ig_adapter_files_config, config, 17, err);
}
