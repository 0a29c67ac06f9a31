#include "fuse/statistics_stage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "base/report.h"
#include "fuse/plan/planner.h"
#include "fuse/search/statistics.h"
#include "io/json.h"

typedef struct statistics_run {
  const ig_statistics_stage_args *args;
  const ig_fusion_plan *plan;
  ig_statistics *models;  // (count of the recipe's models)
  size_t opened;
  ig_statistics_set *out;
} statistics_run;

static const char norm_key[] = "norm", hash_key[] = "xxh3-128";

// ---- what they are of -------------------------------------------------------

static ig_status hash_file(const statistics_run *r, const char *path, json_t *hashes,
                           ig_error *err) {
  char hash[IG_HASH_TEXT];
  size_t bytes;
  IG_TRY(ig_content_hash_file(path, r->args->hashes, hash, &bytes, err));
  return json_array_append_new(hashes, json_string(hash)) ? ig_fail_memory(err) : IG_OK;
}

// The hashes of config.json and of all weights.
static ig_status hash_model(const statistics_run *r, const ig_fuse_model *m, json_t *hashes,
                            ig_error *err) {
  char *config = ig_path_join(m->directory, "config.json", err);
  if (!config) return IG_ERROR_MEMORY;
  ig_status status = hash_file(r, config, hashes, err);
  free(config);
  for (size_t i = 0; status == IG_OK && i < ig_safetensors_file_count(m->tensors); i++)
    status = hash_file(r, ig_safetensors_file(m->tensors, i), hashes, err);
  return status;
}

static ig_status describe(const statistics_run *r, const ig_statistics *s, json_t **out,
                          ig_error *err) {
  json_t *hashes = json_array();
  *out = ig_statistics_describe(s);
  ig_status status = hashes && *out ? hash_model(r, s->of, hashes, err) : ig_fail_memory(err);
  if (status == IG_OK && json_object_set(*out, "model", hashes)) status = ig_fail_memory(err);
  json_decref(hashes);
  return status;
}

// DIRECTORY/METHOD-HASH.safetensors, by the description.
static ig_status name_file(const statistics_run *r, const json_t *description, char **path,
                           ig_error *err) {
  char hash[IG_HASH_TEXT], name[IG_HASH_TEXT + 64];
  char *text = ig_json_text_for_hash(description);
  if (!text) return ig_fail_memory(err);
  ig_content_hash_text(text, strlen(text), hash);
  free(text);
  snprintf(name, sizeof name, "%s-%s.safetensors", r->plan->recipe->method->name, hash);
  *path = ig_path_join(r->args->directory, name, err);
  return *path ? IG_OK : IG_ERROR_MEMORY;
}

// The name of the file beside it that says what it is of; for free().
static char *note_path(const char *path, ig_error *err) {
  const size_t stem = strlen(path) - strlen(".safetensors");
  char *note = ig_allocate(stem + sizeof ".json", 1, err);
  if (note) snprintf(note, stem + sizeof ".json", "%.*s.json", (int)stem, path);
  return note;
}

// ---- gathering, or finding --------------------------------------------------

// What a note says besides the description, which is left of it.
typedef struct statistics_note {
  double norm;
  char hash[IG_HASH_TEXT];  // of the file
} statistics_note;

static ig_status hash_statistics(const char *path, char hash[IG_HASH_TEXT], ig_error *err) {
  size_t bytes;
  return ig_content_hash_file(path, IG_HASH_XXH3, hash, &bytes, err);
}

// Whether the directory has them, by the note, which is written last, and describes them.
static bool is_noted(const char *path, const json_t *description, const ig_statistics_file *file,
                     statistics_note *out) {
  json_t *found = NULL;
  ig_error unused;
  if (!ig_file_exists(file->path) || !ig_file_exists(path) ||
      ig_json_load_object(path, &found, &unused) != IG_OK)
    return false;
  const char *hash = json_string_value(json_object_get(found, hash_key));
  out->norm = json_real_value(json_object_get(found, norm_key));
  snprintf(out->hash, sizeof out->hash, "%s", hash ? hash : "");
  json_object_del(found, norm_key);
  json_object_del(found, hash_key);
  const bool same = json_equal(found, description) && out->norm > 0;
  json_decref(found);
  return same;
}

// Whether they are there, and as they were written.
static bool is_there(const statistics_run *r, const char *path, const json_t *description,
                     ig_statistics_file *file) {
  statistics_note note;
  char hash[IG_HASH_TEXT] = "";
  ig_error unused;
  if (!is_noted(path, description, file, &note)) return false;
  file->norm = note.norm;
  if (hash_statistics(file->path, hash, &unused) == IG_OK && strcmp(hash, note.hash) == 0)
    return true;
  ig_report(&r->args->options->reporter, IG_LEVEL_WARNING,
            "%s: is not what was written there, so it is gathered anew", file->path);
  return false;
}

static ig_status save_note(const char *path, const json_t *description,
                           const ig_statistics_file *file, ig_error *err) {
  char hash[IG_HASH_TEXT];
  IG_TRY(hash_statistics(file->path, hash, err));
  json_t *told = ig_json_copy(description);
  int failed = !told;
  if (!failed) failed |= json_object_set_new(told, norm_key, json_real(file->norm));
  if (!failed) failed |= json_object_set_new(told, hash_key, json_string(hash));
  const ig_status status = failed ? ig_fail_memory(err) : ig_json_save(path, told, 17, err);
  json_decref(told);
  return status;
}

static ig_status provide(const statistics_run *r, ig_statistics *s, const json_t *description,
                         ig_statistics_file *file, ig_error *err) {
  IG_TRY(name_file(r, description, &file->path, err));
  char *note = note_path(file->path, err);
  if (!note) return IG_ERROR_MEMORY;
  ig_status status = IG_OK;
  if (is_there(r, note, description, file)) {
    ig_report(&r->args->options->reporter, IG_LEVEL_INFO, "statistics of %s: %s", s->of->reference,
              file->path);
  } else {
    status = ig_statistics_gather(s, file, err);
    if (status == IG_OK) status = save_note(note, description, file, err);
  }
  free(note);
  return status;
}

// Statistics that are kept are a file that others may change: the record has its hash.
static ig_status describe_file(const statistics_run *r, const ig_statistics_file *file,
                               json_t *description, ig_error *err) {
  const char *const path = file->path;
  json_t *files = NULL;
  if (!r->args->options->statistics_directory) return IG_OK;
  IG_TRY(ig_contents_describe_files(&path, 1, r->args->hashes, &files, err));
  const int failed = json_object_update(description, json_array_get(files, 0));
  json_decref(files);
  return failed ? ig_fail_memory(err) : IG_OK;
}

static ig_status provide_of_model(const statistics_run *r, size_t index, ig_error *err) {
  json_t *description = NULL;
  ig_statistics *s = &r->models[index];
  ig_status status = describe(r, s, &description, err);
  if (status == IG_OK) status = provide(r, s, description, &r->out->files[index], err);
  if (status == IG_OK) status = describe_file(r, &r->out->files[index], description, err);
  if (status == IG_OK && json_array_append(r->out->record, description))
    status = ig_fail_memory(err);
  json_decref(description);
  ig_statistics_close(s);  // its data are not needed any more
  return status;
}

// ---- of all models together ---------------------------------------------------

// What each is of, and a hash of the recipe and of what the others are of, on which all depend.
static ig_status describe_all(const statistics_run *r, ig_error *err) {
  json_t *record = r->out->record;
  for (size_t i = 0; i < r->out->count; i++) {
    json_t *description;
    ig_status status = describe(r, &r->models[i], &description, err);
    if (status == IG_OK && json_array_append(record, description)) status = ig_fail_memory(err);
    json_decref(description);
    IG_TRY(status);
  }
  char hash[IG_HASH_TEXT];
  json_t *all = json_pack("[O, O]", r->plan->recipe->document, record);
  char *text = all ? ig_json_text_for_hash(all) : NULL;
  json_decref(all);
  if (!text) return ig_fail_memory(err);
  ig_content_hash_text(text, strlen(text), hash);
  free(text);
  for (size_t i = 0; i < r->out->count; i++)
    if (json_object_set_new(json_array_get(record, i), "merged", json_string(hash)))
      return ig_fail_memory(err);
  return IG_OK;
}

// Names each file, and tells whether all are there.
static ig_status find_all(const statistics_run *r, char **notes, bool *found, ig_error *err) {
  *found = true;
  for (size_t i = 0; i < r->out->count; i++) {
    const json_t *description = json_array_get(r->out->record, i);
    ig_statistics_file *file = &r->out->files[i];
    IG_TRY(name_file(r, description, &file->path, err));
    notes[i] = note_path(file->path, err);
    if (!notes[i]) return IG_ERROR_MEMORY;
    *found &= is_there(r, notes[i], description, file);
  }
  return IG_OK;
}

static ig_status provide_all(const statistics_run *r, char **notes, ig_error *err) {
  bool found;
  IG_TRY(describe_all(r, err));
  IG_TRY(find_all(r, notes, &found, err));
  if (!found) IG_TRY(ig_statistics_gather_merged(r->models, r->out->files, r->out->count, err));
  for (size_t i = 0; i < r->out->count; i++) {
    const ig_statistics_file *file = &r->out->files[i];
    json_t *description = json_array_get(r->out->record, i);
    if (found)
      ig_report(&r->args->options->reporter, IG_LEVEL_INFO, "statistics of %s: %s",
                r->models[i].of->reference, file->path);
    else
      IG_TRY(save_note(notes[i], description, file, err));
    IG_TRY(describe_file(r, file, description, err));
  }
  return IG_OK;
}

static ig_status provide_merged(const statistics_run *r, ig_error *err) {
  char **notes = ig_allocate(r->out->count, sizeof *notes, err);
  if (!notes) return IG_ERROR_MEMORY;
  const ig_status status = provide_all(r, notes, err);
  for (size_t i = 0; i < r->out->count; i++) free(notes[i]);
  free(notes);
  return status;
}

// Data that are wrong are told before anything is computed or written.
static ig_status open_all(statistics_run *r, ig_error *err) {
  const ig_fuse_options *options = r->args->options;
  for (; r->opened < r->out->count; r->opened++) {
    const ig_statistics_args args = {.plan = r->plan,
                                     .model = r->opened,
                                     .threads = options->threads,
                                     .reporter = &options->reporter,
                                     .interrupter = options->interrupter};
    const ig_status status = ig_statistics_open(&args, &r->models[r->opened], err);
    if (status == IG_OK) continue;
    ig_statistics_close(&r->models[r->opened]);
    return status;
  }
  return IG_OK;
}

static ig_status gather_all(statistics_run *r, ig_error *err) {
  ig_statistics_set *out = r->out;
  const size_t count = r->plan->recipe->modules[0].slices->count;
  r->models = ig_allocate(count, sizeof *r->models, err);
  out->files = ig_allocate(count, sizeof *out->files, err);
  if (!r->models || !out->files) return IG_ERROR_MEMORY;
  out->record = json_array();
  if (!out->record) return ig_fail_memory(err);
  out->count = count;
  IG_TRY(open_all(r, err));
  IG_TRY(ig_path_make_directories(r->args->directory, err));
  if (ig_statistics_are_merged(r->plan)) return provide_merged(r, err);
  for (size_t i = 0; i < count; i++) IG_TRY(provide_of_model(r, i, err));
  return IG_OK;
}

static ig_status gather_of_plan(const ig_statistics_stage_args *args, const ig_fusion_plan *plan,
                                ig_statistics_set *out, ig_error *err) {
  statistics_run r = {.args = args, .plan = plan, .out = out};
  IG_TRY(ig_problems_report(&plan->problems, args->stages->file, &args->options->reporter, err));
  const ig_status status = gather_all(&r, err);
  for (size_t i = 0; i < r.opened; i++) ig_statistics_close(&r.models[i]);
  free(r.models);
  return status;
}

ig_status ig_statistics_stage_gather(const ig_statistics_stage_args *args, ig_statistics_set *out,
                                     ig_error *err) {
  ig_fusion_plan plan;
  *out = (ig_statistics_set){0};
  ig_status status = ig_planner_make(args->stages->stage[args->index].recipe, args->models,
                                     args->model_count, &plan, err);
  if (status == IG_OK) status = gather_of_plan(args, &plan, out, err);
  ig_fusion_plan_free(&plan);
  return status;
}

void ig_statistics_stage_free(ig_statistics_set *set) {
  for (size_t i = 0; i < set->count; i++) free(set->files[i].path);
  free(set->files);
  json_decref(set->record);
  *set = (ig_statistics_set){0};
}

static ig_status remove_file(const char *path, ig_error *err) {
  return unlink(path) == 0 || errno == ENOENT ? IG_OK : ig_fail_system(err, path, "remove");
}

ig_status ig_statistics_stage_remove(const ig_statistics_set *set, ig_error *err) {
  for (size_t i = 0; i < set->count; i++) {
    char *note = note_path(set->files[i].path, err);
    if (!note) return IG_ERROR_MEMORY;
    ig_status status = remove_file(note, err);
    if (status == IG_OK) status = remove_file(set->files[i].path, err);
    free(note);
    IG_TRY(status);
  }
  return IG_OK;
}
