#include "io/config_dtype.h"

#include <string.h>

static const char *const keys[] = {"torch_dtype", "dtype"};

static bool names_dtype(const json_t *value) {
  const char *name = json_string_value(value);
  ig_dtype unused;
  if (name && strncmp(name, "torch.", 6) == 0) name += 6;
  return name && (ig_dtype_parse(name, &unused) || strcmp(name, "float64") == 0);
}

static bool set_dtype(json_t *object, const char *key, ig_dtype dtype) {
  static const char *const names[] = {
      [IG_DTYPE_F32] = "float32", [IG_DTYPE_F16] = "float16", [IG_DTYPE_BF16] = "bfloat16"};
  return json_object_set_new(object, key, json_string(names[dtype])) == 0;
}

bool ig_config_dtype_is_named(const json_t *object) {
  return names_dtype(json_object_get(object, keys[0])) ||
         names_dtype(json_object_get(object, keys[1]));
}

bool ig_config_dtype_replace(json_t *object, ig_dtype dtype) {
  bool fine = true;
  for (size_t i = 0; fine && i < sizeof keys / sizeof *keys; i++)
    if (names_dtype(json_object_get(object, keys[i]))) fine = set_dtype(object, keys[i], dtype);
  return fine;
}

bool ig_config_dtype_add(json_t *object, ig_dtype dtype) {
  return set_dtype(object, "dtype", dtype);
}
