#include "paths.h"

#include <dirent.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool cli_is_standard(const char *path) { return path == NULL || strcmp(path, "-") == 0; }

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
  static const char *const ends[] = {".json", ".safetensors", ".spm", ".model", ".jinja"};
  const size_t length = strlen(name);
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    const size_t n = strlen(ends[i]);
    if (length > n && strcmp(name + length - n, ends[i]) == 0) return true;
  }
  return strcmp(name, "vocab.txt") == 0 || strcmp(name, "merges.txt") == 0;
}

bool cli_is_file_of_model(const char *path, const char *directory) {
  DIR *entries = cli_is_standard(path) ? NULL : opendir(directory);
  if (entries == NULL) return false;
  bool found = false;
  for (struct dirent *entry; !found && (entry = readdir(entries)) != NULL;) {
    if (!is_model_name(entry->d_name)) continue;
    const size_t size = strlen(directory) + strlen(entry->d_name) + 2;
    char *file = malloc(size);
    if (file == NULL) break;
    snprintf(file, size, "%s/%s", directory, entry->d_name);
    found = cli_same_file(path, file);
    free(file);
  }
  closedir(entries);
  return found;
}
