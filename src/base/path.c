#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/size.h"

// ---- names ------------------------------------------------------------------

// Length without the slashes at the end. "/" keeps the one that it is.
static size_t trimmed_length(const char *path) {
  size_t length = strlen(path);
  while (length > 1 && path[length - 1] == '/') length--;
  return length;
}

char *ig_path_join(const char *directory, const char *name, ig_error *err) {
  size_t length = strlen(directory), tail = strlen(name);
  bool slash = length > 0 && directory[length - 1] != '/';
  size_t size;
  if (!ig_size_add(length, tail, &size) || !ig_size_add(size, 2, &size)) {
    ig_fail(err, IG_ERROR_MEMORY, "cannot join two paths: too long");
    return NULL;
  }
  char *path = ig_allocate(size, 1, err);
  if (path) snprintf(path, size, "%s%s%s", directory, slash ? "/" : "", name);
  return path;
}

char *ig_path_with_suffix(const char *path, const char *suffix, ig_error *err) {
  const size_t length = trimmed_length(path), more = strlen(suffix);
  size_t bytes;
  if (!ig_size_add(length, more, &bytes) || !ig_size_add(bytes, 1, &bytes)) {
    ig_fail(err, IG_ERROR_MEMORY, "cannot name a path: too long");
    return NULL;
  }
  char *out = ig_allocate(bytes, 1, err);
  if (out) memcpy(memcpy(out, path, length) + length, suffix, more + 1);
  return out;
}

char *ig_path_parent(const char *path, ig_error *err) {
  size_t length = trimmed_length(path);
  while (length > 0 && path[length - 1] != '/') length--;
  if (length == 0) return ig_allocate_copy(".", 1, err);
  while (length > 1 && path[length - 1] == '/') length--;
  return ig_allocate_copy(path, length, err);
}

const char *ig_path_base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

int ig_path_descriptor(const char *path) {
  static const char *const names[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
  static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
  for (int i = 0; i < 3; i++)
    if (strcmp(path, names[i]) == 0) return i;
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    const size_t length = strlen(folders[i]);
    const char *digits = path + length;
    if (strncmp(path, folders[i], length) == 0 && *digits && strlen(digits) < 6 &&
        digits[strspn(digits, "0123456789")] == '\0')
      return (int)strtol(digits, NULL, 10);
  }
  return -1;
}

// ---- directories ------------------------------------------------------------

ig_status ig_path_sync(const char *directory, ig_error *err) {
  const int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ig_status result = IG_OK;
  // Some file systems cannot sync a directory and say EINVAL; the rename itself has happened.
  if (descriptor < 0 || (fsync(descriptor) != 0 && errno != EINVAL && errno != EROFS))
    result = ig_fail_system(err, directory, "sync");
  if (descriptor >= 0) close(descriptor);
  return result;
}

ig_status ig_path_sync_parent(const char *path, ig_error *err) {
  char *parent = ig_path_parent(path, err);
  if (!parent) return IG_ERROR_MEMORY;
  const ig_status status = ig_path_sync(parent, err);
  free(parent);
  return status;
}

static ig_status make_directory(const char *path, ig_error *err) {
  if (mkdir(path, 0777) == 0) return IG_OK;
  int reason = errno;
  struct stat status;
  if (stat(path, &status) == 0) {
    if (S_ISDIR(status.st_mode)) return IG_OK;
    return ig_fail(err, IG_ERROR_IO,
                   "%s: cannot make a directory: a file of this name is in the way", path);
  }
  errno = reason;
  return ig_fail_system(err, path, "make directory");
}

ig_status ig_path_refuse_home(const char *path, ig_error *err) {
  if (!path || path[0] != '~' || (path[1] != '/' && path[1] != '\0')) return IG_OK;
  return ig_fail(
      err, IG_ERROR_ARGUMENT,
      "%s: '~' is not taken for the home directory: give the path of that, or ./%s for a "
      "directory of this name",
      path, path);
}

ig_status ig_path_make_directories(const char *path, ig_error *err) {
  if (!*path) return ig_fail(err, IG_ERROR_ARGUMENT, "cannot make a directory: its name is empty");
  IG_TRY(ig_path_refuse_home(path, err));
  char *prefix = ig_allocate_copy(path, strlen(path), err);
  if (!prefix) return IG_ERROR_MEMORY;
  ig_status result = IG_OK;
  for (char *p = prefix + 1; result == IG_OK && *p; p++) {
    if (*p != '/') continue;
    *p = '\0';
    result = make_directory(prefix, err);
    *p = '/';
  }
  if (result == IG_OK) result = make_directory(prefix, err);
  free(prefix);
  return result;
}

ig_status ig_path_make_parent(const char *path, ig_error *err) {
  char *parent = ig_path_parent(path, err);
  if (!parent) return IG_ERROR_MEMORY;
  const ig_status status = ig_path_make_directories(parent, err);
  free(parent);
  return status;
}
