#include "convert/new_directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/path.h"

static ig_status refuse_existing(const char *path, const char *advice, ig_error *err) {
  struct stat status;
  if (lstat(path, &status) == 0)
    return ig_fail(err, IG_ERROR_IO, "%s: exists already; %s", path, advice);
  return errno == ENOENT ? IG_OK : ig_fail_system(err, path, "look at");
}

ig_status ig_new_directory_begin(const char *output, ig_new_directory *out, ig_error *err) {
  *out = (ig_new_directory){.output = ig_path_with_suffix(output, "", err),
                            .partial = ig_path_with_suffix(output, ".partial", err)};
  if (!out->output || !out->partial) return IG_ERROR_MEMORY;
  IG_TRY(refuse_existing(out->output, "move it away, or choose another output", err));
  IG_TRY(refuse_existing(out->partial,
                         "if it is what a killed conversion left, remove it; else choose another "
                         "output",
                         err));
  IG_TRY(ig_path_make_parent(out->output, err));
  if (mkdir(out->partial, 0777)) return ig_fail_system(err, out->partial, "make");
  out->made = true;
  return IG_OK;
}

ig_status ig_new_directory_add(ig_new_directory *d, const char *name, char **path, ig_error *err) {
  *path = NULL;
  IG_TRY(ig_allocate_more((void **)&d->files, &d->capacity, d->count + 1, sizeof *d->files, err));
  d->files[d->count] = ig_path_join(d->partial, name, err);
  if (!d->files[d->count]) return IG_ERROR_MEMORY;
  const char *file = d->files[d->count++];
  if (strchr(name, '/')) IG_TRY(ig_path_make_parent(file, err));
  *path = ig_allocate_copy(file, strlen(file), err);
  return *path ? IG_OK : IG_ERROR_MEMORY;
}

ig_status ig_new_directory_commit(ig_new_directory *d, ig_error *err) {
  IG_TRY(ig_path_sync(d->partial, err));
  IG_TRY(refuse_existing(d->output, "it was made meanwhile", err));
  if (rename(d->partial, d->output)) return ig_fail_system(err, d->output, "rename to it");
  d->made = false;
  return ig_path_sync_parent(d->output, err);
}

// A folder goes with its last file.
static void remove_file(const ig_new_directory *d, const char *file) {
  unlink(file);
  char *folder = ig_path_parent(file, NULL);
  if (folder && strcmp(folder, d->partial) != 0) rmdir(folder);
  free(folder);
}

void ig_new_directory_end(ig_new_directory *d) {
  for (size_t i = 0; i < d->count; i++) {
    if (d->made) remove_file(d, d->files[i]);
    free(d->files[i]);
  }
  if (d->made) rmdir(d->partial);
  free(d->files);
  free(d->output);
  free(d->partial);
  *d = (ig_new_directory){0};
}
