// Names: of tensors, of files.
#ifndef IG_BASE_NAME_H
#define IG_BASE_NAME_H
#include <stdbool.h>
#include <string.h>

static inline bool ig_name_ends_with(const char *name, const char *end) {
  const size_t length = strlen(name), wanted = strlen(end);
  return length >= wanted && strcmp(name + length - wanted, end) == 0;
}
#endif
