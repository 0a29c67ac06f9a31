// Writes checkpoints and reads them back.
#include "train/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/path.h"
#include "base/report.h"
#include "base/writer.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "train/adapter_files.h"
#include "train/checkpoint_hashes.h"
#include "train/replace.h"
#include "train/run_adapter.h"
#include "train/trainer.h"

#define MOMENTS "training.safetensors"
#define STATE "training.json"
#define VERSION 1

// What ig_checkpoint_save writes besides a model and its tokenizer.
static const char *const own_files[] = {
    MOMENTS, STATE, "adapter_config.json", "adapter_model.safetensors", "base_model.json", NULL};

static ig_status open_replacement(const ig_run *run, const char *directory, ig_replacement *out,
                                  ig_error *err) {
  return ig_replace_open(out, directory, own_files, run->reporter, err);
}

// The type of a member: int, uint64_t, double, bool.
typedef enum field_kind { FIELD_INTEGER, FIELD_COUNT, FIELD_REAL, FIELD_FLAG } field_kind;

// A member of ig_run_state and its key in training.json.
typedef struct state_field {
  const char *key;
  field_kind kind;
  size_t offset;
} state_field;
#define FIELD(key, kind, member) \
  { key, FIELD_##kind, offsetof(ig_run_state, member) }

// Every checkpoint has the first REQUIRED_FIELDS; files of older versions lack some of the others.
static const state_field fields[] = {
    FIELD("update", INTEGER, update),
    FIELD("epoch", COUNT, epoch),
    FIELD("batch", COUNT, batch),
    FIELD("source_tokens", COUNT, source_tokens),
    FIELD("target_tokens", COUNT, target_tokens),
    FIELD("seconds", REAL, seconds),
    FIELD("validated", INTEGER, validated),
    FIELD("validation_due", FLAG, validation_due),
    FIELD("has_best", FLAG, has_best),
    FIELD("best", REAL, best),
    FIELD("best_loss", REAL, best_loss),
    FIELD("best_update", INTEGER, best_update),
    FIELD("worse", INTEGER, worse),
    FIELD("first_loss", REAL, divergence.first_loss),
    FIELD("above_divergence_limit", INTEGER, divergence.above),
    FIELD("window_loss", REAL, window.loss),
    FIELD("window_nll", REAL, window.nll),
    FIELD("window_kl_divergence", REAL, window.kl_divergence),
    FIELD("window_tokens", COUNT, window.tokens),
    FIELD("window_gradient_norm", REAL, window.gradient_norm),
    FIELD("window_updates", INTEGER, window.updates),
    FIELD("window_clipped", INTEGER, window.clipped),
    FIELD("window_seconds", REAL, window.seconds),
    FIELD("metrics_bytes", COUNT, metrics_bytes),
};
enum { FIELDS = sizeof fields / sizeof *fields, REQUIRED_FIELDS = 5 };

static json_t *field_json(const state_field *field, const ig_run_state *state) {
  const void *member = (const char *)state + field->offset;
  switch (field->kind) {
    case FIELD_INTEGER: return json_integer(*(const int *)member);
    case FIELD_COUNT: return json_integer((json_int_t) * (const uint64_t *)member);
    case FIELD_REAL: return json_real(*(const double *)member);
    case FIELD_FLAG: return json_boolean(*(const bool *)member);
  }
  return NULL;
}

// NULL: out of memory, or a number that is not finite.
static json_t *state_json(const ig_run *run, const char *isa) {
  json_t *object = json_pack("{s:i, s:s}", "version", VERSION, "isa", isa);
  int failed = !object;
  for (size_t i = 0; i < FIELDS; i++)
    failed |= json_object_set_new(object, fields[i].key, field_json(&fields[i], &run->state));
  if (run->comparison) failed |= json_object_set(object, "comparison", run->comparison);
  failed |= json_object_set(object, "identity", run->identity);
  if (!failed) return object;
  json_decref(object);
  return NULL;
}

// While the model is the averaged one, the average is the values that training goes on with.
static ig_status write_moments(const ig_run *run, const char *path, ig_error *err) {
  float *m, *v;
  const size_t count = ig_trainer_moments(run->trainer, &m, &v);
  const float *weights = ig_trainer_average(run->trainer);
  const ig_safetensors_output tensors[] = {
      {.name = "adam.m", .dtype = IG_DTYPE_F32, .rank = 1, .shape = {count}, .values = m},
      {.name = "adam.v", .dtype = IG_DTYPE_F32, .rank = 1, .shape = {count}, .values = v},
      {.name = "weights", .dtype = IG_DTYPE_F32, .rank = 1, .shape = {count}, .values = weights}};
  return ig_safetensors_write(path, tensors, weights ? 3 : 2, err);
}

static ig_status write_state(const ig_run *run, const char *directory, ig_error *err) {
  const char *isa;
  IG_TRY(ig_isa_name(&isa, err));
  char *moments = ig_path_join(directory, MOMENTS, err),
       *state = ig_path_join(directory, STATE, err);
  json_t *object = state_json(run, isa);
  ig_status status = moments && state ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK && !object)
    status =
        ig_fail(err, IG_ERROR_MEMORY, "%s: out of memory, or a number that is not finite", state);
  if (status == IG_OK) status = write_moments(run, moments, err);
  if (status == IG_OK) status = ig_checkpoint_hashes_add(directory, object, err);
  if (status == IG_OK) status = ig_json_save(state, object, 17, err);
  json_decref(object);
  free(moments);
  free(state);
  return status;
}

// The model with its tokenizer, or the adapter, whose model has the tokenizer.
static ig_status write_trained(const ig_run *run, const char *directory, const char *dtype,
                               ig_error *err) {
  if (run->adapter) return ig_run_adapter_write(run, dtype, directory, err);
  IG_TRY(ig_model_save(run->model, directory, dtype, err));
  return ig_tokenizer_save(run->tokenizer, directory, err);
}

static ig_status write_checkpoint(const ig_run *run, const char *directory, bool with_state,
                                  ig_error *err) {
  IG_TRY(ig_path_make_directories(directory, err));
  IG_TRY(write_trained(run, directory, with_state ? "float32" : run->config.dtype, err));
  if (with_state) IG_TRY(write_state(run, directory, err));
  return ig_path_sync(directory, err);
}

ig_status ig_checkpoint_save(const ig_run *run, const char *directory, bool with_state,
                             ig_error *err) {
  ig_replacement replacement;
  if (run->follows) return IG_OK;
  IG_TRY(open_replacement(run, directory, &replacement, err));
  ig_status status = ig_replace_begin(&replacement, err);
  if (status == IG_OK) {
    ig_trainer_swap_average(run->trainer);
    status = write_checkpoint(run, replacement.temporary, with_state, err);
    ig_trainer_swap_average(run->trainer);
  }
  if (status == IG_OK) status = ig_replace_commit(&replacement, err);
  if (status != IG_OK) ig_replace_abandon(&replacement);
  ig_replace_close(&replacement);
  return status;
}

ig_status ig_checkpoint_recover(const ig_run *run, const char *directory, ig_error *err) {
  ig_replacement replacement;
  IG_TRY(open_replacement(run, directory, &replacement, err));
  const ig_status status = ig_replace_recover(&replacement, err);
  ig_replace_close(&replacement);
  return status;
}

ig_status ig_checkpoint_exists(const char *directory, bool *exists, ig_error *err) {
  char *state = ig_path_join(directory, STATE, err);
  if (!state) return IG_ERROR_MEMORY;
  *exists = ig_file_exists(state);
  free(state);
  return IG_OK;
}

static ig_status read_count(ig_json_object from, const char *key, uint64_t *out, ig_error *err) {
  const json_t *value = json_object_get(from.object, key);
  if (!value) return IG_OK;
  if (!json_is_integer(value) || json_integer_value(value) < 0)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: expected a whole number not below 0", from.where,
                   key);
  *out = (uint64_t)json_integer_value(value);
  return IG_OK;
}

// An absent key leaves the member as it is.
static ig_status read_field(ig_json_object from, const state_field *field, ig_run_state *state,
                            ig_error *err) {
  void *member = (char *)state + field->offset;
  switch (field->kind) {
    case FIELD_INTEGER: {
      int *const out = member;
      IG_TRY(ig_json_int(from, field->key, *out, out, err));
      return *out >= 0
                 ? IG_OK
                 : ig_fail(err, IG_ERROR_FORMAT, "%s: %s: expected a number not below 0, found %d",
                           from.where, field->key, *out);
    }
    case FIELD_COUNT: return read_count(from, field->key, member, err);
    case FIELD_REAL: return ig_json_number(from, field->key, *(double *)member, member, err);
    case FIELD_FLAG: return ig_json_bool(from, field->key, *(bool *)member, member, err);
  }
  return IG_OK;
}

static ig_status parse_state(ig_json_object from, ig_run_state *state, ig_error *err) {
  int version;
  IG_TRY(ig_json_int(from, "version", 0, &version, err));
  if (version != VERSION)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: version: expected %d, found %d", from.where,
                   VERSION, version);
  *state = (ig_run_state){.metrics_bytes = UINT64_MAX};
  for (size_t i = 0; i < FIELDS; i++) {
    if (i < REQUIRED_FIELDS) IG_TRY(ig_json_require(from, fields[i].key, err));
    IG_TRY(read_field(from, &fields[i], state, err));
  }
  return IG_OK;
}

ig_status ig_checkpoint_read(const char *directory, ig_saved_run *out, ig_error *err) {
  *out = (ig_saved_run){0};
  char *path = ig_path_join(directory, STATE, err);
  if (!path) return IG_ERROR_MEMORY;
  json_t *object = NULL;
  ig_status status = ig_json_load_object(path, &object, err);
  if (status == IG_OK) status = parse_state((ig_json_object){object, path}, &out->state, err);
  json_t *identity = json_object_get(object, "identity"),
         *comparison = json_object_get(object, "comparison");
  if (status == IG_OK && !json_is_object(identity))
    status = ig_fail(err, IG_ERROR_FORMAT, "%s: identity: expected an object", path);
  if (status == IG_OK) {
    out->identity = json_incref(identity);
    out->comparison = json_is_object(comparison) ? json_incref(comparison) : NULL;
    const char *isa = json_string_value(json_object_get(object, "isa"));
    snprintf(out->isa, sizeof out->isa, "%s", isa ? isa : "");
  }
  json_decref(object);
  free(path);
  return status;
}

static ig_status read_moment(const ig_safetensors *file, const char *path, const char *name,
                             float *out, size_t count, ig_error *err) {
  const ig_safetensor *tensor = ig_safetensors_find(file, name);
  if (!tensor || tensor->elements != count)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: expected %zu values, found %zu", path, name,
                   count, tensor ? tensor->elements : 0);
  return ig_safetensor_read_weights(tensor, out, count, err);
}

ig_status ig_checkpoint_read_moments(const char *directory, ig_trainer *trainer, ig_error *err) {
  char *path = ig_path_join(directory, MOMENTS, err);
  if (!path) return IG_ERROR_MEMORY;
  float *m, *v;
  const size_t count = ig_trainer_moments(trainer, &m, &v);
  ig_safetensors *file = NULL;
  ig_status status = ig_safetensors_open_file(path, &file, err);
  if (status == IG_OK) status = read_moment(file, path, "adam.m", m, count, err);
  if (status == IG_OK) status = read_moment(file, path, "adam.v", v, count, err);
  // The model was loaded as the averaged one.
  float *weights = ig_trainer_average(trainer);
  if (status == IG_OK && weights) {
    status = read_moment(file, path, "weights", weights, count, err);
    ig_trainer_swap_average(trainer);
  }
  ig_safetensors_close(file);
  free(path);
  return status;
}

// ---- kept checkpoints, and what a crash leaves ------------------------------

// N of "update-N" followed by `suffix` and nothing else; -1: another name.
static int kept_update(const char *name, const char *suffix) {
  char *end;
  if (strncmp(name, "update-", 7) || name[7] < '0' || name[7] > '9') return -1;
  const long n = strtol(name + 7, &end, 10);
  return strcmp(end, suffix) || n > 2000000000 ? -1 : (int)n;
}

// False for what is left of a checkpoint that was removed: files that others put into it.
static ig_status has_weights(const char *output, const char *name, bool *has, ig_error *err) {
  char *path = ig_path_join(output, name, err);
  if (!path) return IG_ERROR_MEMORY;
  *has = ig_file_exists_in(path, "model.safetensors") ||
         ig_file_exists_in(path, ig_adapter_files_weights);
  free(path);
  return IG_OK;
}

ig_status ig_checkpoint_count_kept(const char *output, int *count, int *earliest, ig_error *err) {
  ig_listing listing;
  ig_status status = ig_listing_read(output, &listing, err);
  *count = 0;
  for (size_t i = 0; status == IG_OK && i < listing.count; i++) {
    bool has = false;
    const int n = kept_update(listing.names[i], "");
    if (n >= 0) status = has_weights(output, listing.names[i], &has, err);
    if (!has) continue;
    if (*count == 0 || n < *earliest) *earliest = n;
    ++*count;
  }
  ig_listing_free(&listing);
  return status;
}

static char *kept_path(const char *output, int update, ig_error *err) {
  char name[32];
  snprintf(name, sizeof name, "update-%d", update);
  return ig_path_join(output, name, err);
}

// Of a symbolic link, only the link is removed: somebody put what it leads to elsewhere. *removed
// false: it stays, with a warning.
static ig_status remove_kept(const ig_run *run, const char *path, bool *removed, ig_error *err) {
  struct stat status;
  if (lstat(path, &status) == 0 && S_ISLNK(status.st_mode)) {
    *removed = unlink(path) == 0;
    if (!*removed) ig_report(run->reporter, IG_LEVEL_WARNING, "%s: %s", path, strerror(errno));
    return IG_OK;
  }
  ig_replacement replacement;
  IG_TRY(open_replacement(run, path, &replacement, err));
  *removed = ig_replace_remove(&replacement);
  ig_replace_close(&replacement);
  return IG_OK;
}

ig_status ig_checkpoint_keep(const ig_run *run, ig_error *err) {
  const char *output = run->config.output;
  if (run->follows) return IG_OK;
  char *path = kept_path(output, run->state.update, err);
  ig_status status = path ? ig_checkpoint_save(run, path, false, err) : IG_ERROR_MEMORY;
  free(path);
  int count = 0, earliest = 0;
  for (bool removed = true; status == IG_OK && removed;) {
    status = ig_checkpoint_count_kept(output, &count, &earliest, err);
    if (status != IG_OK || count <= run->config.keep) break;
    path = kept_path(output, earliest, err);
    status = path ? remove_kept(run, path, &removed, err) : IG_ERROR_MEMORY;
    free(path);
  }
  return status;
}

// True for temporaries of the files that are in the output directory itself.
static bool is_temporary(const char *name) {
  static const char *const files[] = {"metrics.jsonl", "sentencepiece.model", "source.model",
                                      "target.model"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    if (ig_writer_is_temporary_of(name, files[i])) return true;
  return false;
}

static ig_status remove_temporary(const ig_run *run, const char *name, ig_error *err) {
  char *path = ig_path_join(run->config.output, name, err);
  if (!path) return IG_ERROR_MEMORY;
  if (unlink(path)) ig_report(run->reporter, IG_LEVEL_WARNING, "%s: %s", path, strerror(errno));
  free(path);
  return IG_OK;
}

static ig_status clean_up_entry(const ig_run *run, const char *name, ig_error *err) {
  if (is_temporary(name)) return remove_temporary(run, name, err);
  const int replaced = kept_update(name, ".old"), unfinished = kept_update(name, ".tmp");
  if (replaced < 0 && unfinished < 0) return IG_OK;
  char *path = kept_path(run->config.output, replaced >= 0 ? replaced : unfinished, err);
  const ig_status status = path ? ig_checkpoint_recover(run, path, err) : IG_ERROR_MEMORY;
  free(path);
  return status;
}

ig_status ig_checkpoint_clean_up(const ig_run *run, ig_error *err) {
  ig_listing listing;
  ig_status status = ig_listing_read(run->config.output, &listing, err);
  for (size_t i = 0; status == IG_OK && i < listing.count; i++)
    status = clean_up_entry(run, listing.names[i], err);
  ig_listing_free(&listing);
  return status;
}
