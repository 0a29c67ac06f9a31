#include "fuse/run/made_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/listing.h"
#include "base/path.h"
#include "fuse/record/provenance.h"
#include "io/json.h"

// A directory that is open, with what its fusion.json says.
typedef struct made_directory {
  const char *path;
  int descriptor;
  json_t *note;
  const json_t *files;  // of the note: the names of what the fusion wrote
} made_directory;

// A link is not followed. -1: it cannot be opened.
static int open_folder(int directory, const char *name) {
  return openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

// ---- removing single files ----------------------------------------------------

static bool is_plain_name(const char *name) {
  return *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static ig_status remove_entry(int descriptor, const char *directory, const char *name,
                              ig_error *err) {
  if (unlinkat(descriptor, name, 0) == 0 || errno == ENOENT) return IG_OK;
  return ig_fail(err, IG_ERROR_IO, "%s/%s: cannot remove: %s", directory, name, strerror(errno));
}

static ig_status remove_in_folder(int descriptor, const char *directory, const char *folder,
                                  const char *name, ig_error *err) {
  if (!is_plain_name(folder) || !is_plain_name(name)) return IG_OK;
  const int opened = open_folder(descriptor, folder);
  // Nothing of this name, or no folder, holds no file of ours.
  if (opened < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) return IG_OK;
  if (opened < 0) return ig_fail_system(err, directory, "open a folder");
  const ig_status status = remove_entry(opened, directory, name, err);
  close(opened);
  // It stays as long as it has other files.
  if (status == IG_OK) unlinkat(descriptor, folder, AT_REMOVEDIR);
  return status;
}

ig_status ig_made_directory_remove_file(int descriptor, const char *directory, const char *name,
                                        ig_error *err) {
  const char *slash = strchr(name, '/');
  if (!slash) return is_plain_name(name) ? remove_entry(descriptor, directory, name, err) : IG_OK;
  char *folder = ig_allocate_copy(name, (size_t)(slash - name), err);
  if (!folder) return IG_ERROR_MEMORY;
  const ig_status status = remove_in_folder(descriptor, directory, folder, slash + 1, err);
  free(folder);
  return status;
}

static ig_status remove_listed(int descriptor, const char *directory, const json_t *files,
                               ig_error *err) {
  for (size_t i = 0; i < json_array_size(files); i++) {
    const char *name = json_string_value(json_array_get(files, i));
    if (name) IG_TRY(ig_made_directory_remove_file(descriptor, directory, name, err));
  }
  return IG_OK;
}

ig_status ig_made_directory_remove_named(int descriptor, const char *directory, ig_error *err) {
  json_t *note = NULL;
  ig_json_load_in_if_exists(directory, ig_provenance_name, &note, NULL);
  const ig_status status =
      remove_listed(descriptor, directory, json_object_get(note, ig_provenance_files), err);
  json_decref(note);
  return status;
}

// ---- what is not the fusion's -------------------------------------------------

static bool is_listed(const made_directory *d, const char *name) {
  for (size_t i = 0; i < json_array_size(d->files); i++) {
    const char *file = json_string_value(json_array_get(d->files, i));
    if (file && strcmp(file, name) == 0) return true;
  }
  return false;
}

static ig_status fail_foreign(const made_directory *d, const char *name, ig_error *err) {
  return ig_fail(
      err, IG_ERROR_ARGUMENT,
      "%s/%s: not a file that the fusion wrote, so nothing in %s is removed; move it away", d->path,
      name, d->path);
}

static ig_status check_folder(const made_directory *d, const char *folder, int descriptor,
                              ig_error *err) {
  ig_listing listing;
  ig_status status = ig_listing_read_open(descriptor, d->path, &listing, err);
  if (status == IG_OK && listing.count == 0) status = fail_foreign(d, folder, err);
  for (size_t i = 0; status == IG_OK && i < listing.count; i++) {
    char *name = ig_path_join(folder, listing.names[i], err);
    status = !name ? IG_ERROR_MEMORY : is_listed(d, name) ? IG_OK : fail_foreign(d, name, err);
    free(name);
  }
  ig_listing_free(&listing);
  return status;
}

static ig_status check_entry(const made_directory *d, const char *name, ig_error *err) {
  struct stat status;
  if (fstatat(d->descriptor, name, &status, AT_SYMLINK_NOFOLLOW))
    return ig_fail_system(err, d->path, "look at");
  if (S_ISREG(status.st_mode))
    return strcmp(name, ig_provenance_name) == 0 || is_listed(d, name) ? IG_OK
                                                                       : fail_foreign(d, name, err);
  const int folder = S_ISDIR(status.st_mode) ? open_folder(d->descriptor, name) : -1;
  if (folder < 0) return fail_foreign(d, name, err);
  const ig_status checked = check_folder(d, name, folder, err);
  close(folder);
  return checked;
}

static ig_status check_entries(const made_directory *d, ig_error *err) {
  ig_listing listing;
  ig_status status = ig_listing_read_open(d->descriptor, d->path, &listing, err);
  for (size_t i = 0; status == IG_OK && i < listing.count; i++)
    status = check_entry(d, listing.names[i], err);
  ig_listing_free(&listing);
  return status;
}

// ---- the whole directory -------------------------------------------------------

// What a link at the directory's name leads to is not ours to remove from.
static ig_status open_made(made_directory *d, const char *path, ig_error *err) {
  struct stat status;
  if (lstat(path, &status)) return ig_fail_system(err, path, "look at");
  if (!S_ISDIR(status.st_mode))
    return ig_fail(err, IG_ERROR_IO,
                   "%s: expected a directory that a fusion made, found %s; move it away", path,
                   S_ISLNK(status.st_mode) ? "a symbolic link" : "something else");
  d->descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (d->descriptor < 0) return ig_fail_system(err, path, "open");
  IG_TRY(ig_json_load_in_if_exists(path, ig_provenance_name, &d->note, err));
  d->files = json_object_get(d->note, ig_provenance_files);
  if (d->note) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT, "%s: exists already, and is not the work of a fusion",
                 path);
}

static void close_made(made_directory *d) {
  if (d->descriptor >= 0) close(d->descriptor);
  json_decref(d->note);
}

// The directory loses its name first, so that a crash cannot leave half a model under it.
// fusion.json, by which the directory is known, is removed last: what is half removed can be
// removed again.
static ig_status remove_as(const made_directory *d, const char *aside, ig_error *err) {
  struct stat status;
  if (lstat(aside, &status) == 0)
    return ig_fail(err, IG_ERROR_IO, "%s: exists already, beside %s", aside, d->path);
  if (rename(d->path, aside)) return ig_fail_system(err, d->path, "remove");
  IG_TRY(remove_listed(d->descriptor, aside, d->files, err));
  if (unlinkat(d->descriptor, ig_provenance_name, 0) || rmdir(aside))
    return ig_fail_system(err, aside, "remove");
  return IG_OK;
}

static ig_status remove_checked(const made_directory *d, ig_error *err) {
  char *aside = ig_path_with_suffix(d->path, ".partial", err);
  const ig_status status = aside ? remove_as(d, aside, err) : IG_ERROR_MEMORY;
  free(aside);
  return status;
}

// Opens the directory, if it exists, and checks all that is in it. IG_ERROR_ARGUMENT: something is
// not the fusion's.
static ig_status open_and_check(const char *path, made_directory *d, ig_error *err) {
  struct stat unused;
  *d = (made_directory){.path = path, .descriptor = -1};
  if (lstat(path, &unused)) return errno == ENOENT ? IG_OK : ig_fail_system(err, path, "look at");
  IG_TRY(open_made(d, path, err));
  return check_entries(d, err);
}

ig_status ig_made_directory_remove(const char *directory, ig_error *err) {
  made_directory d;
  ig_status status = open_and_check(directory, &d, err);
  if (status == IG_OK && d.descriptor >= 0) status = remove_checked(&d, err);
  close_made(&d);
  return status;
}

ig_status ig_made_directory_check(const char *directory, ig_error *err) {
  made_directory d;
  const ig_status status = open_and_check(directory, &d, err);
  close_made(&d);
  return status;
}

ig_status ig_made_directory_remove_or_tell(const char *directory, const ig_reporter *reporter,
                                           ig_error *err) {
  ig_error why = {0};
  const ig_status status = ig_made_directory_remove(directory, &why);
  const bool foreign = status == IG_ERROR_ARGUMENT;
  if (foreign) ig_report(reporter, IG_LEVEL_WARNING, "%s", why.message);
  if (foreign || status == IG_OK) return IG_OK;
  return ig_fail(err, status, "%s", why.message);
}
