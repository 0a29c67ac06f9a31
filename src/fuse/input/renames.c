#include "fuse/input/renames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

static bool begins_with(const char *name, const char *start) {
  return strncmp(name, start, strlen(start)) == 0;
}

static ig_rename *find_rename(const ig_renames *renames, const char *name) {
  ig_rename *found = NULL;
  for (size_t i = 0; i < renames->count; i++) {
    ig_rename *rename = &renames->items[i];
    const bool is_done = begins_with(rename->to, rename->from) && begins_with(name, rename->to);
    if (!begins_with(name, rename->from) || is_done) continue;
    if (!found || strlen(rename->from) > strlen(found->from)) found = rename;
  }
  return found;
}

static ig_status make_name(const ig_renames *renames, const char *name, char **out, ig_error *err) {
  ig_rename *rename = find_rename(renames, name);
  if (!rename) return IG_OK;
  const size_t size = strlen(name) + strlen(rename->to) + 1;
  *out = ig_allocate(size, 1, err);
  if (!*out) return IG_ERROR_MEMORY;
  snprintf(*out, size, "%s%s", rename->to, name + strlen(rename->from));
  rename->used = true;
  return IG_OK;
}

ig_status ig_renames_apply(const ig_renames *renames, const char *reference, ig_safetensors *file,
                           ig_error *err) {
  if (renames->count == 0) return IG_OK;
  const size_t count = ig_safetensors_count(file);
  const char *twice = NULL;
  char **names = ig_allocate(count, sizeof *names, err);
  ig_status status = names ? IG_OK : IG_ERROR_MEMORY;
  for (size_t i = 0; status == IG_OK && i < count; i++)
    status = make_name(renames, ig_safetensors_get(file, i)->name, &names[i], err);
  if (status == IG_OK) status = ig_safetensors_rename(file, names, &twice, err);
  if (status == IG_OK && twice)
    status = ig_fail(err, IG_ERROR_FORMAT, "%s: rename: two tensors would be called %s", reference,
                     twice);
  for (size_t i = 0; names && i < count; i++) free(names[i]);
  free(names);
  return status;
}
