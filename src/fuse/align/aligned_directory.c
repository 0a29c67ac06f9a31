#include "fuse/align/aligned_directory.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/path.h"
#include "fuse/input/ties.h"
#include "fuse/run/staging.h"
#include "io/json.h"
#include "model/files/weights.h"

static const char weights_name[] = "model.safetensors", config_name[] = "config.json";

// The tensors of the new file.
typedef struct listing {
  const ig_safetensor **of_parameter;  // (parameters): the source's tensor of each, or NULL
  ig_safetensors_output *outputs;
  void **raw;  // (count): bytes that an output borrows
  size_t count;
} listing;

static const ig_parameter *parameter_of(const ig_aligned_directory *d, const listing *l,
                                        const ig_safetensor *tensor) {
  for (size_t i = 0; i < d->model->parameter_count; i++)
    if (l->of_parameter[i] == tensor) return &d->model->parameters[i];
  return NULL;
}

static ig_status read_raw(const ig_safetensor *tensor, void **out, ig_error *err) {
  *out = ig_allocate(tensor->bytes, 1, err);
  return *out ? ig_safetensor_read_raw(tensor, *out, err) : IG_ERROR_MEMORY;
}

// What the model does not read goes along as it is.
static ig_status list_tensor(const ig_aligned_directory *d, const ig_safetensor *tensor, listing *l,
                             ig_error *err) {
  const ig_parameter *p = parameter_of(d, l, tensor);
  if (!p && strcmp(ig_ties_source(d->source, tensor->name), tensor->name) != 0) return IG_OK;
  ig_safetensors_output *output = &l->outputs[l->count];
  *output =
      (ig_safetensors_output){.name = tensor->name, .dtype = tensor->dtype, .rank = tensor->rank};
  memcpy(output->shape, tensor->shape, sizeof output->shape);
  if (p) {
    output->values = d->model->values + p->offset;
    if (tensor->dtype == IG_DTYPE_F64) output->dtype = IG_DTYPE_F32;
  } else {
    IG_TRY(read_raw(tensor, &l->raw[l->count], err));
    output->raw = l->raw[l->count];
  }
  l->count++;
  return IG_OK;
}

static ig_status list_tensors(const ig_aligned_directory *d, listing *l, ig_error *err) {
  const ig_safetensors *file = d->source->tensors;
  const size_t count = ig_safetensors_count(file);
  l->of_parameter = ig_allocate(d->model->parameter_count, sizeof *l->of_parameter, err);
  l->outputs = ig_allocate(count, sizeof *l->outputs, err);
  l->raw = ig_allocate(count, sizeof *l->raw, err);
  if (!l->of_parameter || !l->outputs || !l->raw) return IG_ERROR_MEMORY;
  IG_TRY(ig_weights_match(d->model, d->source->directory, file, l->of_parameter, err));
  for (size_t i = 0; i < count; i++) IG_TRY(list_tensor(d, ig_safetensors_get(file, i), l, err));
  return IG_OK;
}

static void free_listing(listing *l) {
  for (size_t i = 0; i < l->count; i++) free(l->raw[i]);
  free(l->raw);
  free(l->outputs);
  free(l->of_parameter);
}

static ig_status write_weights(const ig_aligned_directory *d, ig_staging *staging, ig_error *err) {
  listing all = {0};
  IG_TRY(ig_staging_claim(staging, weights_name, err));
  char *path = ig_path_join(staging->directory, weights_name, err);
  ig_status status = path ? list_tensors(d, &all, err) : IG_ERROR_MEMORY;
  if (status == IG_OK) status = ig_safetensors_write(path, all.outputs, all.count, err);
  free_listing(&all);
  free(path);
  return status;
}

static ig_status fill(const ig_aligned_directory *d, ig_staging *staging, ig_error *err) {
  IG_TRY(write_weights(d, staging, err));
  IG_TRY(ig_staging_claim(staging, config_name, err));
  IG_TRY(ig_json_save_in(staging->directory, config_name, d->source->config, 17, err));
  IG_TRY(ig_contents_add_outputs(&d->provenance->contents, staging->directory, NULL, err));
  IG_TRY(ig_provenance_hash(d->provenance, d->pool, err));
  IG_TRY(ig_provenance_name_files(d->provenance, staging->written, staging->written_count, err));
  return ig_provenance_save(d->provenance, staging->directory, err);
}

ig_status ig_aligned_directory_write(const ig_aligned_directory *d, ig_error *err) {
  char fingerprint[IG_HASH_TEXT];
  ig_staging staging = {0};
  IG_TRY(ig_provenance_fingerprint(d->provenance, fingerprint, err));
  ig_status status = ig_staging_open(d->path, fingerprint, 0, &staging, err);
  if (status == IG_OK) status = fill(d, &staging, err);
  if (status == IG_OK) status = ig_staging_commit(&staging, err);
  ig_staging_close(&staging);
  return status;
}
