#include "model/weight_type.h"

#include <string.h>

#include "base/fail.h"

static const char *const names[] = {
    [IG_WEIGHT_TYPE_FP32] = "fp32", [IG_WEIGHT_TYPE_BF16] = "bf16", [IG_WEIGHT_TYPE_INT8] = "int8"};

const char *ig_weight_type_name(ig_weight_type type) {
  return type == IG_WEIGHT_TYPE_AS_STORED ? "as stored" : names[type];
}

ig_status ig_weight_type_of(const char *name, ig_weight_type *out, ig_error *err) {
  *out = IG_WEIGHT_TYPE_AS_STORED;
  if (!name) return IG_OK;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0) {
      *out = (ig_weight_type)i;
      return IG_OK;
    }
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "type: expected fp32, bf16 or int8, found '%s'", name);
}
