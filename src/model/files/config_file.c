// The options of a model as the text of a config.json, and in a model directory.
#include "model/files/config_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "io/json.h"
#include "model/arch/family.h"
#include "model/files/unnamed_family.h"

// A run of training has no best/ before its first validation, but a newest checkpoint beside it.
static ig_status no_directory(const char *directory, ig_error *err) {
  char *run = ig_path_parent(directory, err);
  if (!run) return IG_ERROR_MEMORY;
  ig_status status = IG_OK;
  if (ig_file_exists_in(run, "latest/config.json"))
    status = ig_fail(err, IG_ERROR_IO,
                     "%s: no such directory, but there is a model in %s/latest, the newest "
                     "checkpoint of a training (best/ is written by its first validation)",
                     directory, run);
  free(run);
  return status;
}

// What a run of training writes is no model itself, but holds some; an adapter becomes one with its
// base.
static ig_status no_config(const char *directory, ig_error *err) {
  if (!ig_file_exists(directory)) return no_directory(directory, err);
  static const char *const within[][2] = {{"best", "best/config.json"},
                                          {"latest", "latest/config.json"}};
  for (size_t i = 0; i < sizeof within / sizeof *within; i++)
    if (ig_file_exists_in(directory, within[i][1]))
      return ig_fail(err, IG_ERROR_IO,
                     "%s: no model (config.json is missing), but there is one in %s/%s", directory,
                     directory, within[i][0]);
  if (ig_file_exists_in(directory, "adapter_config.json"))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: a LoRA adapter, no model: `ingot fuse` makes one of BASE+%s", directory,
                   directory);
  return IG_OK;
}

// Of the family that the JSON names, if none is given.
static ig_status read_json(const ig_family *family, const json_t *json, const char *where,
                           ig_config *out, ig_error *err) {
  const ig_family *named = family;
  if (!family || json_object_get(json, "model_type"))
    IG_TRY(ig_family_of(json, where, &named, err));
  if (family && named != family)
    return ig_fail(err, IG_ERROR_ARGUMENT, "%s: model_type: expected \"%s\", found \"%s\"", where,
                   family->model_type, named->model_type);
  return ig_family_read_config(named, json, where, out, err);
}

char *ig_config_file_path(const char *directory, const ig_foreign *foreign, ig_error *err) {
  if (!foreign->config) return ig_path_join(directory, "config.json", err);
  const char *model = ig_safetensors_file(foreign->tensors, 0);
  return ig_allocate_copy(model, strlen(model), err);
}

// A new reference.
static ig_status open_json(const char *directory, const ig_foreign *foreign, const char *path,
                           json_t **out, ig_error *err) {
  *out = json_incref(foreign->config);
  if (*out) return IG_OK;
  if (!ig_file_exists(path)) IG_TRY(no_config(directory, err));
  IG_TRY(ig_json_load_object(path, out, err));
  const ig_status status = ig_unnamed_family_complete(directory, path, *out, err);
  if (status == IG_OK) return IG_OK;
  json_decref(*out);
  *out = NULL;
  return status;
}

ig_status ig_config_file_read(const char *directory, const ig_foreign *foreign, ig_config *out,
                              ig_error *err) {
  char *path = ig_config_file_path(directory, foreign, err);
  if (!path) return IG_ERROR_MEMORY;
  json_t *json = NULL;
  ig_status status = open_json(directory, foreign, path, &json, err);
  if (status == IG_OK) status = read_json(NULL, json, path, out, err);
  json_decref(json);
  free(path);
  return status;
}

ig_status ig_config_file_find(const char *directory, ig_config *out, ig_error *err) {
  ig_foreign foreign = {0};
  ig_status status = ig_foreign_open(directory, &foreign, err);
  if (status == IG_OK) status = ig_config_file_read(directory, &foreign, out, err);
  ig_foreign_close(&foreign);
  return status;
}

ig_status ig_config_file_tokenizers(const char *directory, const ig_foreign *foreign,
                                    const ig_tokenizer_description *const **out, ig_error *err) {
  const ig_family *family = NULL;
  char *path = ig_config_file_path(directory, foreign, err);
  if (!path) return IG_ERROR_MEMORY;
  json_t *json = NULL;
  ig_status status = open_json(directory, foreign, path, &json, err);
  if (status == IG_OK) status = ig_family_of(json, path, &family, err);
  if (status == IG_OK) *out = family->tokenizers;
  json_decref(json);
  free(path);
  return status;
}

// Of a directory that is not open.
static ig_status read_directory(const char *directory, ig_config *out, ig_error *err) {
  ig_foreign foreign;
  ig_status status = ig_foreign_open(directory, &foreign, err);
  if (status == IG_OK) status = ig_config_file_read(directory, &foreign, out, err);
  ig_foreign_close(&foreign);
  return status;
}

ig_status ig_config_load(const char *directory, ig_config **out, ig_error *err) {
  ig_config config;
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(directory, "directory", err));
  const char *adapter;  // it changes no option
  char *model;
  IG_TRY(ig_model_name_find(directory, &model, &adapter, err));
  char *path = ig_path_join(model, "config.json", err);
  ig_status status = path ? read_directory(model, &config, err) : IG_ERROR_MEMORY;
  if (status == IG_OK) status = ig_config_keep(&config, path, out, err);
  free(path);
  free(model);
  return status;
}

ig_status ig_config_create(const char *family, const char *text, ig_config **out, ig_error *err) {
  const char *where = "configuration";
  ig_config config;
  json_t *json;
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(text, "json", err));
  const ig_family *known = family ? ig_family_find(family) : NULL;
  if (family && !known) {
    char names[256];
    ig_family_names(names, sizeof names);
    return ig_fail(err, IG_ERROR_ARGUMENT, "%s: family: \"%s\" is not known (%s)", where, family,
                   names);
  }
  IG_TRY(ig_json_parse(text, strlen(text), where, &json, err));
  ig_status status = read_json(known, json, where, &config, err);
  json_decref(json);
  return status == IG_OK ? ig_config_keep(&config, where, out, err) : status;
}

ig_status ig_config_json(const ig_config *config, char **out, ig_error *err) {
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(config, "config", err));
  json_t *json = ig_family_write_config(config);
  if (json) *out = ig_json_text(json, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
  json_decref(json);
  return *out ? IG_OK : ig_fail_memory(err);
}

const char *ig_config_family(const ig_config *config) {
  return config ? config->family->name : NULL;
}
