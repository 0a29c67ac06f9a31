#include <string.h>

#include "base/file.h"
#include "ingot.h"

size_t ig_model_name_split(const char *name, const char **adapter) {
  const char *plus = name && !ig_file_exists(name) ? strrchr(name, '+') : NULL;
  if (adapter) *adapter = plus ? plus + 1 : NULL;
  return plus ? (size_t)(plus - name) : name ? strlen(name) : 0;
}
