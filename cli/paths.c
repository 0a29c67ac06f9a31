#include "paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

bool cli_is_standard(const char *path) { return path == NULL || strcmp(path, "-") == 0; }

// The descriptor that the path names, or -1. To open the path instead would begin at the start of
// the file that the descriptor leads to.
static int descriptor_of(const char *path) {
  static const char *const names[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
  static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
  for (int i = 0; i < 3; i++)
    if (strcmp(path, names[i]) == 0) return i;
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    const size_t length = strlen(folders[i]);
    const char *digits = path + length;
    if (strncmp(path, folders[i], length) == 0 && *digits != '\0' && strlen(digits) < 6 &&
        digits[strspn(digits, "0123456789")] == '\0')
      return (int)strtol(digits, NULL, 10);
  }
  return -1;
}

bool cli_is_direct(const char *path) {
  struct stat info;
  return descriptor_of(path) >= 0 || (stat(path, &info) == 0 && !S_ISREG(info.st_mode));
}

FILE *cli_open_direct(const char *path) {
  const int own = descriptor_of(path);
  if (own < 0) return fopen(path, "we");
  const int copy = fcntl(own, F_DUPFD_CLOEXEC, 0);
  FILE *file = copy >= 0 ? fdopen(copy, "w") : NULL;
  if (file == NULL && copy >= 0) close(copy);
  return file;
}

#define MOST_LINKS 40

// What a link points to, as a path from the working directory; for the caller to free(). NULL: it
// is no link, or memory is out.
static char *link_target(const char *path) {
  char name[4096];
  const ssize_t length = readlink(path, name, sizeof name - 1);
  if (length < 0) return NULL;
  name[length] = '\0';
  const char *slash = strrchr(path, '/');
  const int before = slash != NULL && name[0] != '/' ? (int)(slash - path) + 1 : 0;
  const size_t size = (size_t)before + (size_t)length + 1;
  char *target = malloc(size);
  if (target != NULL) snprintf(target, size, "%.*s%s", before, path, name);
  return target;
}

char *cli_final_path(const char *path, bool exists) {
  if (exists) return realpath(path, NULL);
  char *final = strdup(path);
  for (int links = 0; final != NULL && links < MOST_LINKS; links++) {
    char *target = link_target(final);
    if (target == NULL) break;
    free(final);
    final = target;
  }
  return final;
}

// The absolute path of a file that does not exist, made from its directory's. For the caller to
// free(); NULL: the directory does not exist either.
static char *future_path(const char *path) {
  char *final = cli_final_path(path, false), *copy = final != NULL ? strdup(final) : NULL,
       *absolute = NULL;
  char *directory = copy != NULL ? realpath(dirname(copy), NULL) : NULL;
  if (directory != NULL) {
    const char *slash = strrchr(final, '/'), *name = slash != NULL ? slash + 1 : final;
    const size_t size = strlen(directory) + strlen(name) + 2;
    absolute = malloc(size);
    if (absolute != NULL) snprintf(absolute, size, "%s/%s", directory, name);
  }
  free(directory);
  free(copy);
  free(final);
  return absolute;
}

bool cli_begins_with_home(const char *path) {
  return path != NULL && path[0] == '~' && (path[1] == '/' || path[1] == '\0');
}

bool cli_same_file(const char *one, const char *other) {
  if (cli_is_standard(one) || cli_is_standard(other)) return false;
  struct stat a, b;
  const bool exists = stat(one, &a) == 0;
  if (exists != (stat(other, &b) == 0)) return false;
  if (exists) return S_ISREG(a.st_mode) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
  char *path = future_path(one), *other_path = future_path(other);
  const bool same = path != NULL && other_path != NULL && strcmp(path, other_path) == 0;
  free(path);
  free(other_path);
  return same;
}

static bool is_model_name(const char *name) {
  static const char *const ends[] = {".json", ".safetensors", ".bin", ".spm", ".model", ".jinja"};
  const size_t length = strlen(name);
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    const size_t n = strlen(ends[i]);
    if (length > n && strcmp(name + length - n, ends[i]) == 0) return true;
  }
  return strcmp(name, "vocab.txt") == 0 || strcmp(name, "merges.txt") == 0 ||
         strcmp(name, "dict.txt") == 0;
}

static ig_status is_entry(const char *path, const char *directory, const char *name, bool *same,
                          ig_error *err) {
  const size_t size = strlen(directory) + strlen(name) + 2;
  char *file = malloc(size);
  if (file == NULL) return cli_error_memory(err);
  snprintf(file, size, "%s/%s", directory, name);
  *same = cli_same_file(path, file);
  free(file);
  return IG_OK;
}

// readdir returns NULL at the end and when it fails; only errno tells them apart.
static ig_status find_entry(const char *path, const char *directory, DIR *entries, bool *found,
                            ig_error *err) {
  while (!*found) {
    errno = 0;
    const struct dirent *entry = readdir(entries);
    if (entry == NULL && errno != 0)
      return cli_error(err, IG_ERROR_IO, "%s: cannot read: %s", directory, strerror(errno));
    if (entry == NULL) return IG_OK;
    if (!is_model_name(entry->d_name)) continue;
    const ig_status status = is_entry(path, directory, entry->d_name, found, err);
    if (status != IG_OK) return status;
  }
  return IG_OK;
}

// That there is no such directory is for the one who loads the model to report.
static ig_status find_file_of_directory(const char *path, const char *directory, bool *found,
                                        ig_error *err) {
  DIR *entries = opendir(directory);
  if (entries == NULL && (errno == ENOENT || errno == ENOTDIR)) return IG_OK;
  if (entries == NULL)
    return cli_error(err, IG_ERROR_IO, "%s: cannot open: %s", directory, strerror(errno));
  const ig_status status = find_entry(path, directory, entries, found, err);
  closedir(entries);
  return status;
}

ig_status cli_find_file_of_model(const char *path, const char *model, bool *found, ig_error *err) {
  *found = false;
  if (cli_is_standard(path)) return IG_OK;
  const char *adapters;
  char *directory;
  ig_status status = ig_model_name_find(model, &directory, &adapters, err);
  if (status == IG_OK) status = find_file_of_directory(path, directory, found, err);
  free(directory);
  if (status == IG_OK && adapters != NULL && !*found)
    status = cli_find_file_of_model(path, adapters, found, err);
  return status;
}
