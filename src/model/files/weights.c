// The tensors of a model directory, matched with those of a model.
#include "model/files/weights.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/number.h"
#include "model/arch/family.h"
#include "model/create/create.h"

// Whether files may hold a tensor of this name that is not read.
static bool is_ignored(const ig_family *family, const char *name) {
  for (const ig_tensor_row *row = family->tensors; row->name; row++)
    if (row->part == IG_PART_IGNORED && strcmp(row->name, name) == 0) return true;
  return false;
}

static bool has_parameter(const ig_model *m, const char *name) {
  for (size_t i = 0; i < m->parameter_count; i++)
    if (strcmp(m->parameters[i].name, name) == 0) return true;
  return false;
}

// A name that means another tensor of this model is no name for this one.
static const ig_safetensor *find_tensor(const ig_model *m, const ig_safetensors *file,
                                        const ig_parameter *p) {
  const ig_safetensor *tensor = ig_safetensors_find(file, p->name);
  const size_t aliases = sizeof p->row->alias / sizeof *p->row->alias;
  for (size_t i = 0; !tensor && i < aliases && p->row->alias[i]; i++)
    if (!has_parameter(m, p->row->alias[i])) tensor = ig_safetensors_find(file, p->row->alias[i]);
  return tensor;
}

static ig_status check_shape(const ig_parameter *p, const ig_safetensor *tensor, ig_error *err) {
  bool same = tensor->rank == p->rank;
  for (int i = 0; same && i < p->rank; i++) same = tensor->shape[i] == p->shape[i];
  if (same) return IG_OK;
  char expected[96], found[256];
  ig_number_join(expected, sizeof expected, p->shape, p->rank);
  ig_number_join(found, sizeof found, tensor->shape, tensor->rank);
  return ig_fail(err, IG_ERROR_FORMAT,
                 "%s: tensor %s: expected shape (%s) by config.json, found (%s)", tensor->file,
                 p->name, expected, found);
}

// Nothing in the file may go unused: a tensor we do not know means a model we would run wrongly.
static ig_status check_unused(const ig_model *m, const ig_family *family,
                              const ig_safetensors *file, ig_error *err) {
  for (size_t i = 0; i < ig_safetensors_count(file); i++) {
    const ig_safetensor *tensor = ig_safetensors_get(file, i);
    if (!is_ignored(family, tensor->name) && !has_parameter(m, tensor->name))
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: tensor %s does not belong to a %s model of this config.json",
                     tensor->file, tensor->name, family->name);
  }
  return IG_OK;
}

ig_status ig_weights_match(const ig_model *m, const char *directory, const ig_safetensors *file,
                           const ig_safetensor **tensors, ig_error *err) {
  const ig_family *family = m->config.family;
  IG_TRY(check_unused(m, family, file, err));
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    tensors[i] = find_tensor(m, file, p);
    if (!tensors[i] && p->row->optional) continue;
    if (!tensors[i])
      return ig_fail(err, IG_ERROR_FORMAT, "%s: tensor %s is missing", directory, p->name);
    IG_TRY(check_shape(p, tensors[i], err));
  }
  return IG_OK;
}

ig_status ig_weights_check(const char *directory, const ig_config *config,
                           const ig_safetensors *file, ig_error *err) {
  ig_model *m;
  IG_TRY(ig_create_zeroed(config, directory, &m, err));
  const ig_safetensor **tensors = ig_allocate(m->parameter_count, sizeof *tensors, err);
  const ig_status status =
      tensors ? ig_weights_match(m, directory, file, tensors, err) : IG_ERROR_MEMORY;
  free(tensors);
  ig_model_free(m);
  return status;
}
