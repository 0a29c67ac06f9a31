#define _XOPEN_SOURCE 700  // realpath
#include "fuse/input/donor_files.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/listing.h"
#include "base/path.h"
#include "base/text_repair.h"
#include "io/model_directory.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { MOST_FILES = 1000, MOST_BYTES = 128 << 20, MOST_NAMED = 10 };

static const char of_weights[] = "weights that are not read",
                  of_link[] = "links that lead out of the directory",
                  of_kind[] = "no regular files, or folders in folders",
                  of_access[] = "folders that cannot be read", of_size[] = "larger than 128 MiB",
                  of_number[] = "more than 1000 files", of_donor[] = "about this model alone",
                  of_name[] = "named with a newline, or with bytes that are no UTF-8";

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
static bool is_about_donor(const char *name, bool of_same_model) {
  static const char *const patterns[] = {
      "training.json",       "training.safetensors", "training_args*", "trainer_state.json",
      "metrics.jsonl",       "*_results.json",       "events.out.*",   "*.log",
      "mergekit_config.yml", "optimizer*",           "scheduler*",     "rng_state*",
      "adapter_config.json"};
  return MATCHES_ANY(name, patterns) || (!of_same_model && fnmatch("README*", name, 0) == 0);
}

// Files that no model is made of: those of version control, and the record of an earlier fusion,
// in whose place the output has one of its own.
static bool is_ignored(const char *name, const ig_safetensors *weights) {
  if (name[0] == '.' || strcmp(name, "fusion.json") == 0 || strcmp(name, "fusion.journal") == 0 ||
      strcmp(name, "optimization.json") == 0)
    return true;
  if (strcmp(name, "config.json") == 0 || strcmp(name, "model.safetensors.index.json") == 0)
    return true;
  const char *index = weights ? ig_safetensors_index(weights) : NULL;
  if (index && strcmp(name, index) == 0) return true;
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
static ig_status find_blobs(const char *directory, char **blobs, ig_error *err) {
  char *snapshots = ig_path_parent(directory, err);
  char *model = snapshots ? ig_path_parent(snapshots, err) : NULL;
  const bool is_cache = model && strcmp(ig_path_base_name(snapshots), "snapshots") == 0 &&
                        strncmp(ig_path_base_name(model), "models--", 8) == 0;
  *blobs = is_cache ? ig_path_join(model, "blobs", err) : NULL;
  const bool failed = !model || (is_cache && !*blobs);
  free(snapshots);
  free(model);
  return failed ? IG_ERROR_MEMORY : IG_OK;
}

// *out NULL: the link leads to nothing.
static ig_status resolve(const char *path, char **out, ig_error *err) {
  *out = realpath(path, NULL);
  return !*out && errno == ENOMEM ? ig_fail_memory(err) : IG_OK;
}

static ig_status stays_inside(const char *path, const char *directory, bool *inside,
                              ig_error *err) {
  char *target = NULL, *real = NULL, *blobs = NULL;
  ig_status status = resolve(path, &target, err);
  if (status == IG_OK) status = resolve(directory, &real, err);
  if (status == IG_OK && real) status = find_blobs(real, &blobs, err);
  *inside = target && real && (is_below(target, real) || (blobs && is_below(target, blobs)));
  free(target);
  free(real);
  free(blobs);
  return status;
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

// Names go into JSON and into the lines of a journal.
static bool has_bad_name(const char *name) {
  return strchr(name, '\n') || ig_text_repair_refuse(name, strlen(name), NULL) != IG_OK;
}

static const char *judge_file(const donor_listing *l, const char *name, bool inside,
                              const struct stat *status) {
  const char *base = ig_path_base_name(name);
  if (is_about_donor(base, l->files->of_same_model)) return of_donor;
  if (is_weights(base) && !ig_donor_files_is_tokenizer(name)) return of_weights;
  if (!inside) return of_link;
  if (!S_ISREG(status->st_mode)) return of_kind;
  if (status->st_size > MOST_BYTES) return of_size;
  return l->files->count < MOST_FILES ? NULL : of_number;
}

static ig_status list_folder(const donor_listing *l, const char *folder, ig_error *err);

static ig_status list_entry(const donor_listing *l, const char *path, const char *name,
                            ig_error *err) {
  struct stat status;
  bool inside;
  if (has_bad_name(name)) return add_listed(l, name, of_name, err);
  if (stat(path, &status)) return add_listed(l, name, of_link, err);  // a link to nothing
  IG_TRY(stays_inside(path, l->directory, &inside, err));
  if (!S_ISDIR(status.st_mode))
    return add_listed(l, name, judge_file(l, name, inside, &status), err);
  if (!inside) return add_listed(l, name, of_link, err);
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

static ig_status list_names(const donor_listing *l, const char *folder, const ig_listing *listing,
                            ig_error *err) {
  const size_t first = l->files->count;
  for (size_t i = 0; i < listing->count; i++) {
    const char *name = listing->names[i];
    if (!is_ignored(name, *folder ? NULL : l->weights) ||
        (*folder && strcmp(name, "config.json") == 0))
      IG_TRY(list_name(l, folder, name, err));
  }
  if (is_export(l, folder, first)) leave_out_folder(l, first);
  return IG_OK;
}

static ig_status list_folder(const donor_listing *l, const char *folder, ig_error *err) {
  char *path = ig_path_join(l->directory, folder, err);
  if (!path) return IG_ERROR_MEMORY;
  ig_listing listing;
  ig_status status = ig_listing_read(path, &listing, err);
  free(path);
  if (status == IG_OK)
    status = list_names(l, folder, &listing, err);
  else if (status == IG_ERROR_IO && *folder)
    status = add_listed(l, folder, of_access, err);
  ig_listing_free(&listing);
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

static bool is_noted(const ig_donor_file *file, const char *reason, bool of_tokenizer) {
  return file->left_out == reason && (!of_tokenizer || ig_donor_files_is_tokenizer(file->name));
}

// Adds a note of the files that are left out for one reason.
static ig_status note_reason(const ig_donor_files *files, const ig_donor_notes *about,
                             const char *reason, ig_problems *notes, ig_error *err) {
  char names[700] = "", more[32] = "";
  size_t count = 0;
  for (size_t i = 0; i < files->count; i++) {
    if (!is_noted(&files->items[i], reason, about->of_tokenizer) || count++ >= MOST_NAMED) continue;
    const size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, "%s%.60s", used ? ", " : "", files->items[i].name);
  }
  if (count == 0) return IG_OK;
  if (count > MOST_NAMED) snprintf(more, sizeof more, " and %zu more", count - MOST_NAMED);
  return ig_problems_add(notes, NULL, err, "%s: not copied, for they are %s: %s%s",
                         about->reference, reason, names, more);
}

ig_status ig_donor_files_note(const ig_donor_files *files, const ig_donor_notes *about,
                              ig_problems *notes, ig_error *err) {
  const char *const reasons[] = {of_weights, of_link,   of_kind,  of_access,
                                 of_size,    of_number, of_donor, of_name};
  for (size_t i = 0; i < COUNT(reasons); i++)
    IG_TRY(note_reason(files, about, reasons[i], notes, err));
  return IG_OK;
}
