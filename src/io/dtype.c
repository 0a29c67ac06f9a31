#include "io/dtype.h"

#include <string.h>

static const struct {
  const char *name, *long_name;
  size_t size;
} dtypes[] = {
    [IG_DTYPE_F32] = {"F32", "float32", 4},    [IG_DTYPE_F16] = {"F16", "float16", 2},
    [IG_DTYPE_BF16] = {"BF16", "bfloat16", 2}, [IG_DTYPE_F64] = {"F64", NULL, 8},
    [IG_DTYPE_I64] = {"I64", NULL, 8},         [IG_DTYPE_I32] = {"I32", NULL, 4},
    [IG_DTYPE_I16] = {"I16", NULL, 2},         [IG_DTYPE_I8] = {"I8", NULL, 1},
    [IG_DTYPE_U64] = {"U64", NULL, 8},         [IG_DTYPE_U32] = {"U32", NULL, 4},
    [IG_DTYPE_U16] = {"U16", NULL, 2},         [IG_DTYPE_U8] = {"U8", NULL, 1},
    [IG_DTYPE_BOOL] = {"BOOL", NULL, 1},       [IG_DTYPE_F8_E4M3] = {"F8_E4M3", NULL, 1},
    [IG_DTYPE_F8_E5M2] = {"F8_E5M2", NULL, 1}, [IG_DTYPE_F8_E8M0] = {"F8_E8M0", NULL, 1},
    [IG_DTYPE_C64] = {"C64", NULL, 8},
};

const char *ig_dtype_name(ig_dtype dtype) { return dtypes[dtype].name; }
size_t ig_dtype_size(ig_dtype dtype) { return dtypes[dtype].size; }

bool ig_dtype_parse(const char *name, ig_dtype *out) {
  for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
    const char *long_name = dtypes[i].long_name;
    if (strcmp(name, dtypes[i].name) != 0 && (!long_name || strcmp(name, long_name) != 0)) continue;
    *out = (ig_dtype)i;
    return true;
  }
  return false;
}
