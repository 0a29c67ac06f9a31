// The tensors of a model directory, matched with those of a model.
#include "model/files/weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/number.h"
#include "io/same_values.h"
#include "model/arch/family.h"
#include "model/create/create.h"

// The tensors of a file by the names that the family has for them.
typedef struct named_tensors {
  const ig_safetensors *file;
  size_t omitted;  // characters of base_prefix that the file's names lack
} named_tensors;

// A file of the class without a head has no name that begins with the prefix.
static named_tensors names_of(const ig_family *family, const ig_safetensors *file) {
  const size_t length = family->base_prefix ? strlen(family->base_prefix) : 0;
  for (size_t i = 0; length && i < ig_safetensors_count(file); i++)
    if (strncmp(ig_safetensors_get(file, i)->name, family->base_prefix, length) == 0)
      return (named_tensors){file, 0};
  return (named_tensors){file, length};
}

// The name without the prefix that the file's names lack.
static const char *name_in_file(const named_tensors *names, const ig_family *family,
                                const char *name) {
  const bool shortened = names->omitted && strncmp(name, family->base_prefix, names->omitted) == 0;
  return shortened ? name + names->omitted : name;
}

// What files that were converted from TensorFlow call a layer norm's weight and bias. False: the
// name is that of another tensor.
static bool write_old_name(const char *name, char *old, size_t size) {
  static const char *const ends[][2] = {{"LayerNorm.weight", "LayerNorm.gamma"},
                                        {"LayerNorm.bias", "LayerNorm.beta"}};
  const size_t length = strlen(name);
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    const size_t end = strlen(ends[i][0]);
    if (length < end || strcmp(name + length - end, ends[i][0]) != 0) continue;
    snprintf(old, size, "%.*s%s", (int)(length - end), name, ends[i][1]);
    return true;
  }
  return false;
}

static const ig_safetensor *find_named(const named_tensors *names, const ig_family *family,
                                       const char *name) {
  char old[IG_NAME_SIZE];
  const char *in_file = name_in_file(names, family, name);
  const ig_safetensor *tensor = ig_safetensors_find(names->file, in_file);
  if (tensor || !write_old_name(in_file, old, sizeof old)) return tensor;
  return ig_safetensors_find(names->file, old);
}

// Whether a file's name is that of the family's name.
static bool is_name(const named_tensors *names, const ig_family *family, const char *in_file,
                    const char *name) {
  char old[IG_NAME_SIZE];
  const char *expected = name_in_file(names, family, name);
  if (strcmp(expected, in_file) == 0) return true;
  return write_old_name(expected, old, sizeof old) && strcmp(old, in_file) == 0;
}

// Whether files may hold a tensor of this name that is not read.
static bool is_ignored(const named_tensors *names, const ig_family *family, const char *in_file) {
  for (const ig_tensor_row *row = family->tensors; row->name; row++)
    if ((row->part == IG_PART_IGNORED || row->part == IG_PART_SHARED_EMBEDDING_COPY ||
         row->leftover) &&
        is_name(names, family, in_file, row->name))
      return true;
  return false;
}

static bool has_parameter(const ig_model *m, const char *name) {
  for (size_t i = 0; i < m->parameter_count; i++)
    if (strcmp(m->parameters[i].name, name) == 0) return true;
  return false;
}

static bool is_parameter(const named_tensors *names, const ig_model *m, const char *in_file) {
  for (size_t i = 0; i < m->parameter_count; i++)
    if (is_name(names, m->config.family, in_file, m->parameters[i].name)) return true;
  return false;
}

// A name that means another tensor of this model is no name for this one.
static const ig_safetensor *find_tensor(const ig_model *m, const named_tensors *names,
                                        const ig_parameter *p) {
  const ig_family *family = m->config.family;
  const ig_safetensor *tensor = find_named(names, family, p->name);
  const size_t aliases = sizeof p->row->alias / sizeof *p->row->alias;
  for (size_t i = 0; !tensor && i < aliases && p->row->alias[i]; i++)
    if (!has_parameter(m, p->row->alias[i])) tensor = find_named(names, family, p->row->alias[i]);
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
static ig_status check_unused(const ig_model *m, const named_tensors *names, ig_error *err) {
  const ig_family *family = m->config.family;
  for (size_t i = 0; i < ig_safetensors_count(names->file); i++) {
    const ig_safetensor *tensor = ig_safetensors_get(names->file, i);
    if (!is_ignored(names, family, tensor->name) && !is_parameter(names, m, tensor->name))
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: tensor %s does not belong to a %s model of this config.json",
                     tensor->file, tensor->name, family->name);
  }
  return IG_OK;
}

static bool is_alias(const named_tensors *names, const ig_model *m, const char *in_file) {
  for (size_t i = 0; i < m->parameter_count; i++) {
    const char *const *alias = m->parameters[i].row->alias;
    const size_t aliases = sizeof m->parameters[i].row->alias / sizeof *alias;
    for (size_t k = 0; k < aliases && alias[k]; k++)
      if (is_name(names, m->config.family, in_file, alias[k])) return true;
  }
  return false;
}

// Whether the weight is one of another head, or of none that is built.
static bool is_of_other_head(const named_tensors *names, const ig_model *m,
                             const ig_safetensor *tensor) {
  const bool is_weight = tensor->dtype <= IG_DTYPE_F64;  // no table of positions' numbers
  return is_weight && is_ignored(names, m->config.family, tensor->name) &&
         !is_parameter(names, m, tensor->name) && !is_alias(names, m, tensor->name);
}

ig_status ig_weights_note_other_heads(ig_model *m, const char *directory,
                                      const ig_safetensors *file, ig_error *err) {
  const named_tensors names = names_of(m->config.family, file);
  char list[200] = "", more[40] = "";
  size_t count = 0, used = 0, listed = 0;
  for (size_t i = 0; i < ig_safetensors_count(file); i++) {
    const char *name = ig_safetensors_get(file, i)->name;
    if (!is_of_other_head(&names, m, ig_safetensors_get(file, i))) continue;
    if (used + strlen(name) + 2 < sizeof list && ++listed)
      used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", count ? ", " : "", name);
    count++;
  }
  if (count == 0) return IG_OK;
  if (listed < count) snprintf(more, sizeof more, " and %zu more", count - listed);
  return ig_problems_add(&m->notes, NULL, err,
                         "%s: tensors of other heads are not trained, and not saved: %s%s",
                         directory, list, more);
}

// ---- ties that the file denies ----------------------------------------------

// The file's tensor of a part outside the stacks, by the name or an alias that is no output's.
static const ig_safetensor *find_part(const ig_safetensors *file, const ig_config *config,
                                      ig_part part, const char *output) {
  const named_tensors names = names_of(config->family, file);
  const ig_tensor_row *row = config->family->tensors;
  while (row->name &&
         (row->part != part || row->bias || !ig_tensor_row_is_of_head(row, config->head.kind)))
    row++;
  if (!row->name) return NULL;
  const ig_safetensor *tensor = find_named(&names, config->family, row->name);
  const size_t aliases = sizeof row->alias / sizeof *row->alias;
  for (size_t i = 0; !tensor && i < aliases && row->alias[i]; i++)
    if (!output || strcmp(row->alias[i], output) != 0)
      tensor = find_named(&names, config->family, row->alias[i]);
  return tensor;
}

static ig_status settle_output(const ig_safetensors *file, ig_config *config, ig_error *err) {
  const ig_part part =
      config->shared_embedding ? IG_PART_SHARED_EMBEDDING : IG_PART_TARGET_EMBEDDING;
  const ig_safetensor *output = find_part(file, config, IG_PART_OUTPUT, NULL);
  const ig_safetensor *table = output ? find_part(file, config, part, output->name) : NULL;
  if (!table || output->elements != table->elements) return IG_OK;
  bool same;
  IG_TRY(ig_same_values_find(output, table, &same, err));
  if (!same) config->tied_output = false;
  return IG_OK;
}

static bool has_row(const ig_family *family, ig_part part) {
  const ig_tensor_row *row = family->tensors;
  while (row->name && row->part != part) row++;
  return row->name != NULL;
}

// The first copy of the shared embedding that is none, or NULL; *table is what it should be.
static ig_status find_no_copy(const ig_safetensors *file, const ig_family *family,
                              const ig_safetensor **table, const ig_safetensor **found,
                              ig_error *err) {
  const named_tensors names = names_of(family, file);
  *found = NULL;
  *table = NULL;
  for (const ig_tensor_row *row = family->tensors; row->name && !*found; row++) {
    if (row->part != IG_PART_SHARED_EMBEDDING && row->part != IG_PART_SHARED_EMBEDDING_COPY)
      continue;
    const ig_safetensor *tensor = find_named(&names, family, row->name);
    bool same = true;
    if (tensor && *table) IG_TRY(ig_same_values_find(tensor, *table, &same, err));
    if (!same) *found = tensor;
    if (!*table) *table = tensor;
  }
  return IG_OK;
}

static ig_status settle_embeddings(const ig_safetensors *file, ig_config *config, ig_error *err) {
  const ig_family *family = config->family;
  const ig_safetensor *table, *found;
  IG_TRY(find_no_copy(file, family, &table, &found, err));
  if (!found) return IG_OK;
  const bool has_all = has_row(family, IG_PART_SOURCE_EMBEDDING) &&
                       find_part(file, config, IG_PART_SOURCE_EMBEDDING, NULL) &&
                       find_part(file, config, IG_PART_TARGET_EMBEDDING, NULL) &&
                       find_part(file, config, IG_PART_OUTPUT, NULL);
  if (!has_all)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: tensor %s differs from %s, though config.json says that they are one table",
                   found->file, found->name, table->name);
  config->shared_embedding = false;
  config->tied_output = false;
  return IG_OK;
}

ig_status ig_weights_settle_ties(const ig_safetensors *file, ig_config *config, ig_error *err) {
  if (config->shared_embedding) IG_TRY(settle_embeddings(file, config, err));
  return config->tied_output ? settle_output(file, config, err) : IG_OK;
}

// ---- matching ---------------------------------------------------------------

ig_status ig_weights_match(const ig_model *m, const char *directory, const ig_safetensors *file,
                           const ig_safetensor **tensors, ig_error *err) {
  const named_tensors names = names_of(m->config.family, file);
  IG_TRY(check_unused(m, &names, err));
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    tensors[i] = find_tensor(m, &names, p);
    if (!tensors[i] && (p->row->optional || (p->row->leftover && m->config.head.is_new))) continue;
    if (!tensors[i])
      return ig_fail(err, IG_ERROR_FORMAT, "%s: tensor %s is missing", directory, p->name);
    IG_TRY(check_shape(p, tensors[i], err));
  }
  return IG_OK;
}

ig_status ig_weights_check(const char *directory, const ig_config *config,
                           const ig_safetensors *file, ig_error *err) {
  ig_model *m;
  IG_TRY(ig_create_listed(config, directory, &m, err));
  const ig_safetensor **tensors = ig_allocate(m->parameter_count, sizeof *tensors, err);
  const ig_status status =
      tensors ? ig_weights_match(m, directory, file, tensors, err) : IG_ERROR_MEMORY;
  free(tensors);
  ig_model_free(m);
  return status;
}

// ---- families -----------------------------------------------------------------

// Whether a name is that of a row, whose %d is any number.
static bool is_of_pattern(const char *pattern, const char *name) {
  const char *number = strstr(pattern, "%d");
  if (!number) return strcmp(pattern, name) == 0;
  const size_t before = (size_t)(number - pattern);
  if (strncmp(pattern, name, before) != 0) return false;
  const size_t digits = strspn(name + before, "0123456789");
  return digits > 0 && strcmp(name + before + digits, number + 2) == 0;
}

static bool is_of_row(const named_tensors *names, const ig_family *family, const char *in_file,
                      const char *row_name) {
  char old[IG_NAME_SIZE];
  const char *pattern = name_in_file(names, family, row_name);
  if (is_of_pattern(pattern, in_file)) return true;
  return write_old_name(pattern, old, sizeof old) && is_of_pattern(old, in_file);
}

static const ig_tensor_row *find_row(const named_tensors *names, const ig_family *family,
                                     const char *in_file) {
  for (const ig_tensor_row *row = family->tensors; row->name; row++) {
    if (is_of_row(names, family, in_file, row->name)) return row;
    for (size_t i = 0; i < sizeof row->alias / sizeof *row->alias && row->alias[i]; i++)
      if (is_of_row(names, family, in_file, row->alias[i])) return row;
  }
  return NULL;
}

bool ig_weights_fit(const ig_family *family, const ig_safetensors *file) {
  const named_tensors names = names_of(family, file);
  bool embeds = false;
  for (size_t i = 0; i < ig_safetensors_count(file); i++) {
    const ig_tensor_row *row = find_row(&names, family, ig_safetensors_get(file, i)->name);
    if (!row) return false;
    embeds |= ig_tensor_row_is_embedding(row);
  }
  return embeds;
}

bool ig_weights_have_output(const ig_family *family, const ig_safetensors *file,
                            ig_head_kind head) {
  const named_tensors names = names_of(family, file);
  for (const ig_tensor_row *row = family->tensors; row->name; row++)
    if (row->part == IG_PART_OUTPUT && row->of_heads == 1 << head &&
        find_named(&names, family, row->name))
      return true;
  return false;
}
