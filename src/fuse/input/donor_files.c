#define _XOPEN_SOURCE 700  // realpath
#include "fuse/input/donor_files.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/path.h"
#include "io/model_directory.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { MOST_FILES = 1000, MOST_BYTES = 128 << 20, MOST_NAMED = 10 };

static const char of_weights[] = "weights that are not among those fused",
                  of_link[] = "links that lead out of the directory",
                  of_kind[] = "no regular files, or folders in folders",
                  of_size[] = "larger than 128 MiB", of_number[] = "more than 1000 files",
                  of_donor[] = "about the donor alone";

// ---- what a name tells ------------------------------------------------------

static bool matches_any(const char *name, const char *const *patterns, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (fnmatch(patterns[i], name, 0) == 0) return true;
  return false;
}
#define MATCHES_ANY(name, patterns) matches_any(name, patterns, COUNT(patterns))

bool ig_donor_files_is_tokenizer(const char *name) {
  static const char *const patterns[] = {"*token*",         "*vocab*",        "merges*",
                                         "*.spm",           "*.model",        "*.bpe",
                                         "*chat_template*", "normalizer.json"};
  const char *known;
  for (size_t at = 0;
       (known = ig_model_directory_next(IG_MODEL_DIRECTORY_ROLE_TOKENIZER, &at)) != NULL;)
    if (strcmp(known, name) == 0) return true;
  return MATCHES_ANY(name, patterns);
}

// Weights in any format, and archives of them.
static bool is_weights(const char *name) {
  static const char *const patterns[] = {
      "*.safetensors", "*.bin",      "*.index.json", "*.pt",         "*.pth",    "*.ckpt*",
      "*.h5",          "*.msgpack",  "*.onnx",       "*.onnx_data*", "*.gguf",   "*.ggml",
      "*.ot",          "*.npz",      "*.npy",        "*.tflite",     "*.pkl",    "*.pickle",
      "*.mlmodel",     "*.engine",   "*.pdparams",   "*.params",     "*.distcp", "*.tar",
      "*.tar.gz",      "*.tgz",      "*.zip",        "*.mlpackage",  "*.orbax*", "*.zarr",
      "*.nemo",        "*.llamafile"};
  return MATCHES_ANY(name, patterns);
}

// What tells of the donor and its training, and would not be true of the output.
static bool is_about_donor(const char *name) {
  static const char *const patterns[] = {"README*",
                                         "training.json",
                                         "training_args*",
                                         "trainer_state.json",
                                         "metrics.jsonl",
                                         "*_results.json",
                                         "events.out.*",
                                         "*.log",
                                         "mergekit_config.yml",
                                         "optimizer*",
                                         "scheduler*",
                                         "rng_state*",
                                         "adapter_config.json"};
  return MATCHES_ANY(name, patterns);
}

// Files that no model is made of: those of version control, and the record of an earlier fusion,
// in whose place the output has one of its own.
static bool is_ignored(const char *name, const ig_safetensors *weights) {
  if (name[0] == '.' || strcmp(name, "fusion.json") == 0 || strcmp(name, "fusion.journal") == 0)
    return true;
  if (strcmp(name, "config.json") == 0 || strcmp(name, "model.safetensors.index.json") == 0)
    return true;
  for (size_t i = 0; weights && i < ig_safetensors_file_count(weights); i++)
    if (strcmp(ig_path_base_name(ig_safetensors_file(weights, i)), name) == 0) return true;
  return false;
}

// ---- where a link leads -----------------------------------------------------

static bool is_below(const char *path, const char *directory) {
  const size_t length = strlen(directory);
  return strncmp(path, directory, length) == 0 && path[length] == '/';
}

// The directory of the blobs, if `directory` is …/models--NAME/snapshots/REVISION; else NULL. For
// free().
static char *find_blobs(const char *directory) {
  char *snapshots = ig_path_parent(directory, NULL);
  char *model = snapshots ? ig_path_parent(snapshots, NULL) : NULL;
  char *blobs = NULL;
  if (model && strcmp(ig_path_base_name(snapshots), "snapshots") == 0 &&
      strncmp(ig_path_base_name(model), "models--", 8) == 0)
    blobs = ig_path_join(model, "blobs", NULL);
  free(snapshots);
  free(model);
  return blobs;
}

static bool stays_inside(const char *path, const char *directory) {
  char *target = realpath(path, NULL), *real = realpath(directory, NULL);
  char *blobs = real ? find_blobs(real) : NULL;
  const bool inside =
      target && real && (is_below(target, real) || (blobs && is_below(target, blobs)));
  free(target);
  free(real);
  free(blobs);
  return inside;
}

// ---- listing ----------------------------------------------------------------

typedef struct donor_listing {
  const char *directory;
  const ig_safetensors *weights;
  ig_donor_files *files;
} donor_listing;

static ig_status add_listed(const donor_listing *l, const char *name, const char *left_out,
                            ig_error *err) {
  ig_donor_files *files = l->files;
  IG_TRY(ig_allocate_more((void **)&files->items, &files->capacity, files->count + 1,
                          sizeof *files->items, err));
  ig_donor_file *file = &files->items[files->count];
  *file = (ig_donor_file){.name = ig_allocate_copy(name, strlen(name), err), .left_out = left_out};
  if (!file->name) return IG_ERROR_MEMORY;
  files->count++;
  return IG_OK;
}

static const char *judge_file(const donor_listing *l, const char *path, const char *name,
                              const struct stat *status) {
  const char *base = ig_path_base_name(name);
  if (is_weights(base)) return of_weights;
  if (is_about_donor(base)) return of_donor;
  if (!stays_inside(path, l->directory)) return of_link;
  if (!S_ISREG(status->st_mode)) return of_kind;
  if (status->st_size > MOST_BYTES) return of_size;
  return l->files->count < MOST_FILES ? NULL : of_number;
}

static ig_status list_folder(const donor_listing *l, const char *folder, ig_error *err);

static ig_status list_entry(const donor_listing *l, const char *path, const char *name,
                            ig_error *err) {
  struct stat status;
  if (stat(path, &status)) return add_listed(l, name, of_link, err);  // a link to nothing
  if (!S_ISDIR(status.st_mode)) return add_listed(l, name, judge_file(l, path, name, &status), err);
  if (!stays_inside(path, l->directory)) return add_listed(l, name, of_link, err);
  return strchr(name, '/') ? add_listed(l, name, of_kind, err) : list_folder(l, name, err);
}

static ig_status list_name(const donor_listing *l, const char *folder, const char *entry,
                           ig_error *err) {
  char name[1024];
  const int length = snprintf(name, sizeof name, "%s%s%s", folder, *folder ? "/" : "", entry);
  if (length < 0 || (size_t)length >= sizeof name)
    return ig_fail(err, IG_ERROR_IO, "%s/%s: a name longer than %zu bytes", l->directory, entry,
                   sizeof name);
  char *path = ig_path_join(l->directory, name, err);
  if (!path) return IG_ERROR_MEMORY;
  const ig_status status = list_entry(l, path, name, err);
  free(path);
  return status;
}

// A folder whose weights are in another format is an export of the same model: it is left out as a
// whole, unless modules.json may name it (its name begins with a digit).
static bool is_export(const donor_listing *l, const char *folder, size_t first) {
  bool has_weights = false;
  for (size_t i = first; i < l->files->count; i++)
    has_weights = has_weights || l->files->items[i].left_out == of_weights;
  return has_weights && *folder && (*folder < '0' || *folder > '9');
}

static void leave_out_folder(const donor_listing *l, size_t first) {
  for (size_t i = first; i < l->files->count; i++)
    if (!l->files->items[i].left_out) l->files->items[i].left_out = of_weights;
}

static ig_status list_folder(const donor_listing *l, const char *folder, ig_error *err) {
  char *path = ig_path_join(l->directory, folder, err);
  if (!path) return IG_ERROR_MEMORY;
  DIR *listing = opendir(path);
  free(path);
  if (!listing) return *folder ? add_listed(l, folder, of_kind, err) : IG_OK;
  const size_t first = l->files->count;
  ig_status status = IG_OK;
  for (const struct dirent *entry; status == IG_OK && (entry = readdir(listing)) != NULL;)
    if (!is_ignored(entry->d_name, *folder ? NULL : l->weights) ||
        (*folder && strcmp(entry->d_name, "config.json") == 0))
      status = list_name(l, folder, entry->d_name, err);
  closedir(listing);
  if (status == IG_OK && is_export(l, folder, first)) leave_out_folder(l, first);
  return status;
}

static int compare_names(const void *a, const void *b) {
  return strcmp(((const ig_donor_file *)a)->name, ((const ig_donor_file *)b)->name);
}

ig_status ig_donor_files_list(const char *directory, const ig_safetensors *weights,
                              ig_donor_files *out, ig_error *err) {
  const donor_listing l = {.directory = directory, .weights = weights, .files = out};
  IG_TRY(list_folder(&l, "", err));
  if (out->count) qsort(out->items, out->count, sizeof *out->items, compare_names);
  return IG_OK;
}

void ig_donor_files_free(ig_donor_files *files) {
  for (size_t i = 0; i < files->count; i++) free(files->items[i].name);
  free(files->items);
  *files = (ig_donor_files){0};
}

bool ig_donor_files_has(const ig_donor_files *files, const char *name) {
  for (size_t i = 0; i < files->count; i++)
    if (!files->items[i].left_out && strcmp(files->items[i].name, name) == 0) return true;
  return false;
}

// ---- what is left out -------------------------------------------------------

static ig_status note_reason(const ig_donor_files *files, const char *directory, const char *reason,
                             ig_problems *notes, ig_error *err) {
  char names[700] = "", more[32] = "";
  size_t count = 0;
  for (size_t i = 0; i < files->count; i++) {
    if (files->items[i].left_out != reason || count++ >= MOST_NAMED) continue;
    const size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, "%s%.60s", used ? ", " : "", files->items[i].name);
  }
  if (count == 0) return IG_OK;
  if (count > MOST_NAMED) snprintf(more, sizeof more, " and %zu more", count - MOST_NAMED);
  return ig_problems_add(notes, NULL, err, "%s: not copied, for they are %s: %s%s", directory,
                         reason, names, more);
}

ig_status ig_donor_files_note(const ig_donor_files *files, const char *directory,
                              ig_problems *notes, ig_error *err) {
  const char *const reasons[] = {of_weights, of_link, of_kind, of_size, of_number, of_donor};
  for (size_t i = 0; i < COUNT(reasons); i++)
    IG_TRY(note_reason(files, directory, reasons[i], notes, err));
  return IG_OK;
}
