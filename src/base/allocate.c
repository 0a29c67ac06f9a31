// Overflow-checked allocation.
#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/size.h"

void *ig_allocate(size_t count, size_t size, ig_error *err) {
  size_t bytes;
  void *memory = NULL;
  // C has no objects larger than PTRDIFF_MAX; to ask malloc for one only brings warnings from
  // sanitizers.
  if (ig_size_multiply(count, size, &bytes) && bytes <= PTRDIFF_MAX)
    memory = calloc(bytes ? bytes : 1, 1);
  if (!memory)
    ig_fail(err, IG_ERROR_MEMORY, "cannot allocate %zu elements of %zu bytes", count, size);
  return memory;
}

ig_status ig_allocate_more(void **array, size_t *capacity, size_t needed, size_t size,
                           ig_error *err) {
  if (needed <= *capacity && *array) return IG_OK;
  size_t count = *capacity < 8 ? 8 : *capacity, bytes;
  while (count < needed) count = count > SIZE_MAX / 2 ? needed : count * 2;
  void *grown = NULL;
  if (ig_size_multiply(count, size, &bytes) && bytes <= PTRDIFF_MAX)
    grown = realloc(*array, bytes ? bytes : 1);
  if (!grown)
    return ig_fail(err, IG_ERROR_MEMORY, "cannot grow an array to %zu elements of %zu bytes",
                   needed, size);
  *array = grown;
  *capacity = count;
  return IG_OK;
}

char *ig_allocate_copy(const char *text, size_t length, ig_error *err) {
  size_t bytes;
  if (!ig_size_add(length, 1, &bytes)) {
    ig_fail(err, IG_ERROR_MEMORY, "cannot copy a string of %zu bytes", length);
    return NULL;
  }
  char *copy = ig_allocate(bytes, 1, err);
  if (copy && length) memcpy(copy, text, length);
  return copy;
}
