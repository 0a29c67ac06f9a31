#include "base/path_relation.h"

#include <stdlib.h>
#include <string.h>

#include "base/listing.h"
#include "base/path.h"

static bool same_file(const struct stat *a, const struct stat *b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool ig_path_relation_is_file(const char *path, const struct stat *file) {
  struct stat found;
  return stat(path, &found) == 0 && same_file(&found, file);
}

static bool is_directory(const char *path) {
  struct stat status;
  return path && stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

ig_status ig_path_relation_find_entry(const char *directory, const struct stat *file, bool *found,
                                      ig_error *err) {
  *found = false;
  if (!is_directory(directory)) return IG_OK;
  ig_listing listing;
  ig_status status = ig_listing_read(directory, &listing, err);
  for (size_t i = 0; status == IG_OK && !*found && i < listing.count; i++) {
    char *path = ig_path_join(directory, listing.names[i], err);
    if (path)
      *found = ig_path_relation_is_file(path, file);
    else
      status = IG_ERROR_MEMORY;
    free(path);
  }
  ig_listing_free(&listing);
  return status;
}

// The directory with all links resolved; what does not exist of it stays as it is. NULL: out of
// memory, or not even its beginning exists.
static char *resolve(const char *directory) {
  char *real = realpath(directory, NULL);
  if (real) return real;
  char *trimmed = ig_path_with_suffix(directory, "", NULL);
  char *parent = trimmed ? ig_path_parent(trimmed, NULL) : NULL;
  const bool climbs = parent && strlen(parent) < strlen(trimmed);
  const bool is_name = parent && strcmp(parent, ".") == 0 && strcmp(trimmed, ".") != 0;
  char *above = climbs || is_name ? resolve(parent) : NULL;
  char *out = above ? ig_path_join(above, ig_path_base_name(trimmed), NULL) : NULL;
  free(trimmed);
  free(parent);
  free(above);
  return out;
}

ig_status ig_path_relation_is_within(const char *path, const char *directory, bool *within,
                                     ig_error *err) {
  char *parent = ig_path_parent(path, err), *above = parent ? ig_path_parent(directory, err) : NULL;
  char *real = above ? resolve(parent) : NULL, *real_above = above ? resolve(above) : NULL;
  char *trimmed = above ? ig_path_with_suffix(directory, "", err) : NULL;
  const char *name = trimmed ? ig_path_base_name(trimmed) : "";
  *within = false;
  if (real && real_above && trimmed) {
    char *resolved = ig_path_join(real_above, name, NULL);
    const bool is_itself =
        strcmp(real, real_above) == 0 && strcmp(ig_path_base_name(path), name) == 0;
    const size_t length = resolved ? strlen(resolved) : 0;
    const bool in_it =
        resolved && strncmp(real, resolved, length) == 0 && strchr("/", real[length]);
    *within = is_itself || in_it;
    free(resolved);
  }
  free(parent);
  free(above);
  free(real);
  free(real_above);
  const bool failed = !trimmed;
  free(trimmed);
  return failed ? IG_ERROR_MEMORY : IG_OK;
}
