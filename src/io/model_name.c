#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "ingot.h"
#include "io/hub_cache.h"

// Whether the first bytes of a name are the name of a file or directory.
static bool is_there(const char *name, size_t length) {
  char start[PATH_MAX];
  if (length >= sizeof start) return false;
  memcpy(start, name, length);
  start[length] = '\0';
  return ig_file_exists(start);
}

// The longest start of the name that is there and has a plus sign after it; else what comes before
// the first one.
size_t ig_model_name_split(const char *name, const char **adapters) {
  size_t length = name ? strlen(name) : 0;
  const size_t whole = length;
  const char *first = name ? strchr(name, '+') : NULL;
  if (first && !is_there(name, length)) {
    do length--;
    while (length > (size_t)(first - name) && (name[length] != '+' || !is_there(name, length)));
  }
  if (adapters) *adapters = length < whole ? name + length + 1 : NULL;
  return length;
}

ig_status ig_model_name_find(const char *name, char **directory, const char **adapters,
                             ig_error *err) {
  IG_TRY(ig_fail_if_null(directory, "directory", err));
  *directory = NULL;
  IG_TRY(ig_fail_if_null(name, "name", err));
  const size_t length = ig_model_name_split(name, adapters);
  const char *rest = name + length;
  if (length == 0 || (*rest && (!rest[1] || rest[1] == '+')))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "'%s': expected a directory, and one after each plus sign: one is empty", name);
  if (!is_there(name, length) && ig_hub_cache_is_name(name, length)) {
    ig_error why = {0};
    const ig_status status = ig_hub_cache_find(name, length, directory, &why);
    // "runs/best" where runs is a directory: whoever opens it says what is missing there.
    const bool is_path = is_there(name, (size_t)(strchr(name, '/') - name));
    if (status == IG_OK || status == IG_ERROR_MEMORY || !is_path) {
      if (err) *err = why;
      return status;
    }
  }
  *directory = ig_allocate_copy(name, length, err);
  return *directory ? IG_OK : IG_ERROR_MEMORY;
}
