// Reads directories to their end.
#include "base/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"

static int compare_names(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static ig_status add_name(ig_listing *listing, const char *name, ig_error *err) {
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return IG_OK;
  IG_TRY(ig_allocate_more((void **)&listing->names, &listing->capacity, listing->count + 1,
                          sizeof *listing->names, err));
  listing->names[listing->count] = ig_allocate_copy(name, strlen(name), err);
  if (!listing->names[listing->count]) return IG_ERROR_MEMORY;
  listing->count++;
  return IG_OK;
}

// readdir returns NULL at the end and when it fails; only errno tells them apart.
static ig_status add_names(DIR *directory, const char *path, ig_listing *out, ig_error *err) {
  for (;;) {
    errno = 0;
    const struct dirent *entry = readdir(directory);
    if (!entry) return errno ? ig_fail_system(err, path, "read") : IG_OK;
    IG_TRY(add_name(out, entry->d_name, err));
  }
}

// Takes the directory over and closes it.
static ig_status read_names(DIR *directory, const char *path, ig_listing *out, ig_error *err) {
  const ig_status status = add_names(directory, path, out, err);
  closedir(directory);
  if (status != IG_OK) ig_listing_free(out);
  if (out->count) qsort(out->names, out->count, sizeof *out->names, compare_names);
  return status;
}

ig_status ig_listing_read(const char *directory, ig_listing *out, ig_error *err) {
  *out = (ig_listing){0};
  DIR *opened = opendir(directory);
  return opened ? read_names(opened, directory, out, err) : ig_fail_system(err, directory, "open");
}

ig_status ig_listing_read_open(int descriptor, const char *path, ig_listing *out, ig_error *err) {
  *out = (ig_listing){0};
  // A descriptor of its own has a place of its own: each listing begins with the first entry.
  const int own = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *opened = own < 0 ? NULL : fdopendir(own);
  if (opened) return read_names(opened, path, out, err);
  const ig_status status = ig_fail_system(err, path, "open");
  if (own >= 0) close(own);
  return status;
}

void ig_listing_free(ig_listing *listing) {
  for (size_t i = 0; i < listing->count; i++) free(listing->names[i]);
  free(listing->names);
  *listing = (ig_listing){0};
}
