#include "train/stats_path.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/path.h"
#include "base/path_relation.h"
#include "ingot.h"

static ig_status fail_taken(const char *path, const char *what, const char *which, ig_error *err) {
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "%s: the statistics would replace %s (%s); choose another file", path, what,
                 which);
}

// ---- what the run reads -------------------------------------------------------

static ig_status check_files(const char *path, const struct stat *file, const ig_corpus_files *data,
                             ig_error *err) {
  for (size_t i = 0; i < data->count; i++) {
    if (ig_path_relation_is_file(data->source[i], file))
      return fail_taken(path, "a file of the data", data->source[i], err);
    if (ig_path_relation_is_file(data->target[i], file))
      return fail_taken(path, "a file of the data", data->target[i], err);
  }
  return IG_OK;
}

// init: a directory, or "DIRECTORY+ADAPTER" …; NULL: none.
static ig_status check_init(const char *init, const char *path, const struct stat *file,
                            ig_error *err) {
  bool found = false;
  ig_status status = IG_OK;
  for (const char *name = init, *rest; status == IG_OK && name && !found; name = rest) {
    char *directory;
    IG_TRY(ig_model_name_find(name, &directory, &rest, err));
    status = ig_path_relation_find_entry(directory, file, &found, err);
    free(directory);
  }
  IG_TRY(status);
  return found ? fail_taken(path, "a file of model.init", init, err) : IG_OK;
}

static ig_status check_inputs(const ig_train_config *c, const char *path, const struct stat *file,
                              ig_error *err) {
  if (ig_path_relation_is_file(c->path, file))
    return fail_taken(path, "the configuration", c->path, err);
  IG_TRY(check_files(path, file, &c->data.train, err));
  IG_TRY(check_files(path, file, &c->data.valid, err));
  const char *const models[] = {c->data.source_model, c->data.target_model};
  for (size_t i = 0; i < 2; i++)
    if (models[i] && ig_path_relation_is_file(models[i], file))
      return fail_taken(path, "a tokenizer", models[i], err);
  return check_init(c->init, path, file, err);
}

// ---- what the run keeps -------------------------------------------------------

// One entry of train.output: a file, or the directory of a checkpoint. file NULL: nothing exists at
// the path yet.
static ig_status check_entry(const char *path, const struct stat *file, const char *entry,
                             ig_error *err) {
  bool taken;
  IG_TRY(ig_path_relation_is_within(path, entry, &taken, err));
  if (!taken && file) taken = ig_path_relation_is_file(entry, file);
  if (!taken && file) IG_TRY(ig_path_relation_find_entry(entry, file, &taken, err));
  return taken ? fail_taken(path, "what the training keeps", entry, err) : IG_OK;
}

static ig_status check_named(const ig_run *run, const char *path, const struct stat *file,
                             const char *name, ig_error *err) {
  char *entry = ig_path_join(run->config.output, name, err);
  const ig_status status = entry ? check_entry(path, file, entry, err) : IG_ERROR_MEMORY;
  free(entry);
  return status;
}

static bool is_kept(const char *name) {
  static const char *const beginnings[] = {"update-", "best-", IG_EVENT_FILE_PREFIX};
  for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
    if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0) return true;
  return false;
}

// Checkpoints that earlier runs have kept.
static ig_status check_kept(const ig_run *run, const char *path, const struct stat *file,
                            ig_error *err) {
  if (!ig_file_exists(run->config.output)) return IG_OK;
  ig_listing listing;
  ig_status status = ig_listing_read(run->config.output, &listing, err);
  for (size_t i = 0; status == IG_OK && i < listing.count; i++)
    if (is_kept(listing.names[i])) status = check_named(run, path, file, listing.names[i], err);
  ig_listing_free(&listing);
  return status;
}

static ig_status check_outputs(const ig_run *run, const char *path, const struct stat *file,
                               ig_error *err) {
  static const char *const names[] = {".lock",        "metrics.jsonl", "sentencepiece.model",
                                      "source.model", "target.model",  "latest",
                                      "latest.tmp",   "latest.old",    "best",
                                      "best.tmp",     "best.old"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    IG_TRY(check_named(run, path, file, names[i], err));
  return check_kept(run, path, file, err);
}

ig_status ig_stats_path_check(const ig_run *run, const char *path, ig_error *err) {
  struct stat file;
  const bool exists = stat(path, &file) == 0;
  // A pipe or a device is written to, and replaces nothing.
  if (exists && !S_ISREG(file.st_mode)) return IG_OK;
  if (exists) IG_TRY(check_inputs(&run->config, path, &file, err));
  return check_outputs(run, path, exists ? &file : NULL, err);
}
