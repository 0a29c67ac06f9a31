#include "convert/conversion.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "base/path_relation.h"
#include "base/report.h"
#include "fuse/input/donor_files.h"
#include "io/config_dtype.h"
#include "io/json.h"
#include "io/shortlist.h"
#include "model/files/weights.h"

typedef struct conversion {
  const ig_conversion *order;
  ig_dtype type;
  bool has_type;
  ig_conversion_source source;
  ig_donor_files companions;
  ig_new_directory made;
} conversion;

// ---- before anything is written ---------------------------------------------

static ig_status read_type(conversion *c, ig_error *err) {
  const char *type = c->order->options->type;
  c->has_type = type != NULL;
  if (!type || (ig_dtype_parse(type, &c->type) &&
                (c->type == IG_DTYPE_F32 || c->type == IG_DTYPE_BF16 || c->type == IG_DTYPE_F16)))
    return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "type: expected float32, bfloat16 or float16, found \"%s\"", type);
}

// Its tensors must be those of a model that its configuration describes.
static ig_status check_foreign(const char *directory, const ig_foreign *foreign, ig_error *err) {
  char *text = ig_json_text(foreign->config, 0);
  if (!text) return ig_fail_memory(err);
  ig_config *config;
  ig_status status = ig_config_create(NULL, text, &config, err);
  if (status == IG_OK) status = ig_weights_check(directory, config, foreign->tensors, err);
  ig_config_free(config);
  free(text);
  return status;
}

static ig_status take_foreign(const char *name, ig_conversion_source *s, ig_error *err) {
  s->made_of_foreign = (ig_fuse_model){.reference = name,
                                       .directory = s->directory,
                                       .tensors = s->foreign.tensors,
                                       .config = s->foreign.config};
  s->model = &s->made_of_foreign;
  return check_foreign(s->directory, &s->foreign, err);
}

ig_status ig_conversion_open(const char *name, ig_conversion_source *s, ig_error *err) {
  size_t index;
  const char *adapters;
  IG_TRY(ig_model_name_find(name, &s->directory, &adapters, err));
  if (!ig_file_exists(s->directory))
    return ig_fail(err, IG_ERROR_IO,
                   "%s: no such directory: expected one that holds a model, with its config.json",
                   s->directory);
  if (adapters)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: an adapter is not converted with its model: `ingot fuse` makes one "
                   "model of both (merge_method: passthrough)",
                   name);
  IG_TRY(ig_foreign_open(s->directory, &s->foreign, err));
  if (s->foreign.tensors) return take_foreign(name, s, err);
  IG_TRY(ig_fuse_models_open(&s->models, s->directory, &index, err));
  s->model = &s->models.model[index];
  if (!s->model->adapters) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: is an adapter, and no model: `ingot fuse` makes one model of both "
                 "(merge_method: passthrough)",
                 name);
}

void ig_conversion_close(ig_conversion_source *s) {
  ig_fuse_models_close(&s->models);
  ig_foreign_close(&s->foreign);
  free(s->directory);
}

static ig_status check_output(const conversion *c, ig_error *err) {
  bool within;
  IG_TRY(ig_path_relation_is_within(c->order->output, c->source.model->directory, &within, err));
  if (!within) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "%s: is in the directory that is converted; choose another output",
                 c->order->output);
}

// How weights are read that are written as they are stored makes no difference.
static void tell_of_weights(const conversion *c) {
  const ig_safetensors *file = c->source.model->tensors;
  if (c->order->keeps_int8 && ig_safetensors_quantized_count(file) > 0) return;
  for (size_t i = 0; i < ig_safetensors_file_count(file); i++)
    if (*ig_safetensors_note(file, i))
      ig_report(&c->order->options->reporter, IG_LEVEL_WARNING, "%s: %s",
                ig_path_base_name(ig_safetensors_file(file, i)), ig_safetensors_note(file, i));
}

// Lists the files that go along, before there are new ones.
static ig_status list_companions(conversion *c, ig_error *err) {
  static const char *const records[] = {"fusion.json", IG_CONVERSION_RECORD};
  const char *directory = c->source.model->directory;
  const ig_donor_notes about = {.reference = c->order->directory};
  ig_problems notes = {0};
  c->companions.of_same_model = true;
  IG_TRY(ig_donor_files_list(directory, c->source.model->tensors, &c->companions, err));
  ig_status status = ig_donor_files_note(&c->companions, &about, &notes, err);
  for (size_t i = 0; status == IG_OK && i < sizeof records / sizeof *records; i++)
    if (ig_file_exists_in(directory, records[i]))
      status = ig_problems_add(&notes, NULL, err,
                               "%s: not copied, for it has the hashes of other files: %s",
                               c->order->directory, records[i]);
  if (status == IG_OK && c->source.foreign.lacks_text)
    status = ig_problems_add(&notes, NULL, err, "%s: %s: the model takes token ids only",
                             c->order->directory, c->source.foreign.lacks_text);
  ig_problems_tell(&c->source.foreign.notes, &c->order->options->reporter);
  ig_problems_tell(&notes, &c->order->options->reporter);
  ig_problems_free(&notes);
  return status;
}

// A file of the same name as one that is made is not copied.
static bool goes_along(const conversion *c, const ig_donor_file *file) {
  for (size_t i = 0; i < c->order->added_count; i++)
    if (strcmp(c->order->added[i].name, file->name) == 0) return false;
  return !file->left_out && !json_object_get(c->source.foreign.files, file->name) &&
         !json_object_get(c->source.foreign.copies, file->name);
}

// The same vocabularies and much the same weights: a shortlist fits them as it did.
static void tell_of_shortlist(const conversion *c) {
  for (size_t i = 0; i < c->companions.count; i++)
    if (strcmp(c->companions.items[i].name, IG_SHORTLIST_NAME) == 0 &&
        goes_along(c, &c->companions.items[i]))
      ig_report(&c->order->options->reporter, IG_LEVEL_INFO,
                "%s: %s goes along: the vocabularies that its shortlist is for stay as they are",
                c->order->directory, IG_SHORTLIST_NAME);
}

// ---- writing ----------------------------------------------------------------

// A part of a configuration ("text_config") has a type of its own.
static bool set_types(json_t *object, ig_dtype type, int depth) {
  bool fine = ig_config_dtype_replace(object, type);
  const char *key;
  json_t *value;
  json_object_foreach(object, key, value) {
    if (fine && json_is_object(value) && depth < 3) fine = set_types(value, type, depth + 1);
  }
  return fine;
}

// NULL: out of memory.
static json_t *make_config(const conversion *c) {
  json_t *config = json_deep_copy(c->source.model->config);
  bool fine = config != NULL;
  if (fine && c->has_type)
    fine = set_types(config, c->type, 0) &&
           (ig_config_dtype_is_named(config) || ig_config_dtype_add(config, c->type));
  if (fine && c->order->quantization)
    fine = json_object_set_new(config, "quantization_config",
                               json_deep_copy(c->order->quantization)) == 0;
  if (fine) return config;
  json_decref(config);
  return NULL;
}

static ig_status copy_file_as(conversion *c, const char *source, const char *name, ig_error *err) {
  char *to, *from = ig_path_join(c->source.model->directory, source, err);
  if (!from) return IG_ERROR_MEMORY;
  ig_status status = ig_new_directory_add(&c->made, name, &to, err);
  if (status == IG_OK) status = ig_file_copy(from, to, err);
  free(from);
  free(to);
  return status;
}

static ig_status copy_file(conversion *c, const char *name, ig_error *err) {
  return copy_file_as(c, name, name, err);
}

static ig_status write_json(conversion *c, const char *name, const json_t *content, ig_error *err) {
  char *path;
  ig_status status = ig_new_directory_add(&c->made, name, &path, err);
  if (status == IG_OK) status = ig_json_save(path, content, 17, err);
  free(path);
  return status;
}

// What a model of another program does not have as files.
static ig_status write_foreign(conversion *c, ig_error *err) {
  const char *name;
  json_t *value;
  json_object_foreach(c->source.foreign.files, name, value) IG_TRY(write_json(c, name, value, err));
  json_object_foreach(c->source.foreign.copies, name, value)
      IG_TRY(copy_file_as(c, json_string_value(value), name, err));
  return IG_OK;
}

// The configuration of a model that is stored in int8 is not the one of its floats.
static bool is_config_kept(const conversion *c) {
  return !c->has_type && !c->order->quantization && !c->source.foreign.config &&
         (c->order->keeps_int8 || ig_safetensors_quantized_count(c->source.model->tensors) == 0);
}

static ig_status write_config(conversion *c, ig_error *err) {
  if (is_config_kept(c)) return copy_file(c, "config.json", err);
  json_t *config = make_config(c);
  if (!config) return ig_fail_memory(err);
  const ig_status status = write_json(c, "config.json", config, err);
  json_decref(config);
  return status;
}

static ig_status write_added(conversion *c, const ig_conversion_file *added, ig_error *err) {
  char *path;
  ig_status status = ig_new_directory_add(&c->made, added->name, &path, err);
  if (status == IG_OK) status = added->write(added->context, path, err);
  free(path);
  return status;
}

static ig_status write_directory(conversion *c, ig_error *err) {
  const ig_converted_weights weights = {.model = c->source.model,
                                        .type = c->has_type ? &c->type : NULL,
                                        .int8 = c->order->int8,
                                        .keeps_int8 = c->order->keeps_int8,
                                        .options = c->order->options};
  IG_TRY(ig_new_directory_begin(c->order->output, &c->made, err));
  IG_TRY(ig_converted_weights_write(&weights, &c->made, err));
  for (size_t i = 0; i < c->companions.count; i++)
    if (goes_along(c, &c->companions.items[i]))
      IG_TRY(copy_file(c, c->companions.items[i].name, err));
  IG_TRY(write_foreign(c, err));
  IG_TRY(write_config(c, err));
  for (size_t i = 0; i < c->order->added_count; i++)
    IG_TRY(write_added(c, &c->order->added[i], err));
  if (c->order->record) IG_TRY(write_json(c, IG_CONVERSION_RECORD, c->order->record, err));
  return ig_new_directory_commit(&c->made, err);
}

ig_status ig_conversion_check_output(const char *output, ig_error *err) {
  if (!*output) return ig_fail(err, IG_ERROR_ARGUMENT, "output: an empty name");
  return ig_path_refuse_home(output, err);
}

static ig_status check_and_write(conversion *c, ig_error *err) {
  IG_TRY(read_type(c, err));
  IG_TRY(ig_conversion_check_output(c->order->output, err));
  IG_TRY(ig_conversion_open(c->order->directory, &c->source, err));
  IG_TRY(check_output(c, err));
  tell_of_weights(c);
  IG_TRY(list_companions(c, err));
  tell_of_shortlist(c);
  return write_directory(c, err);
}

ig_status ig_conversion_run(const ig_conversion *order, ig_error *err) {
  conversion c = {.order = order};
  const ig_status status = check_and_write(&c, err);
  ig_new_directory_end(&c.made);
  ig_donor_files_free(&c.companions);
  ig_conversion_close(&c.source);
  return status;
}

ig_convert_options ig_convert_options_default(void) { return (ig_convert_options){0}; }

ig_status ig_convert(const char *directory, const char *output, const ig_convert_options *options,
                     ig_error *err) {
  static const ig_convert_options defaults;
  IG_TRY(ig_fail_if_null(directory, "directory", err));
  IG_TRY(ig_fail_if_null(output, "output", err));
  const ig_conversion order = {
      .directory = directory, .output = output, .options = options ? options : &defaults};
  return ig_conversion_run(&order, err);
}
