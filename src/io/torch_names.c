#include "io/torch_names.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

typedef struct named_dtype {
  const char *name;
  ig_dtype dtype;
} named_dtype;

static const named_dtype storages[] = {
    {"FloatStorage", IG_DTYPE_F32},        {"DoubleStorage", IG_DTYPE_F64},
    {"HalfStorage", IG_DTYPE_F16},         {"BFloat16Storage", IG_DTYPE_BF16},
    {"LongStorage", IG_DTYPE_I64},         {"IntStorage", IG_DTYPE_I32},
    {"ShortStorage", IG_DTYPE_I16},        {"CharStorage", IG_DTYPE_I8},
    {"ByteStorage", IG_DTYPE_U8},          {"BoolStorage", IG_DTYPE_BOOL},
    {"ComplexFloatStorage", IG_DTYPE_C64}, {NULL, IG_DTYPE_F32},
};

static const named_dtype dtypes[] = {
    {"float32", IG_DTYPE_F32},
    {"float", IG_DTYPE_F32},
    {"float64", IG_DTYPE_F64},
    {"double", IG_DTYPE_F64},
    {"float16", IG_DTYPE_F16},
    {"half", IG_DTYPE_F16},
    {"bfloat16", IG_DTYPE_BF16},
    {"int64", IG_DTYPE_I64},
    {"long", IG_DTYPE_I64},
    {"int32", IG_DTYPE_I32},
    {"int", IG_DTYPE_I32},
    {"int16", IG_DTYPE_I16},
    {"short", IG_DTYPE_I16},
    {"int8", IG_DTYPE_I8},
    {"uint8", IG_DTYPE_U8},
    {"uint16", IG_DTYPE_U16},
    {"uint32", IG_DTYPE_U32},
    {"uint64", IG_DTYPE_U64},
    {"bool", IG_DTYPE_BOOL},
    {"float8_e4m3fn", IG_DTYPE_F8_E4M3},
    {"float8_e5m2", IG_DTYPE_F8_E5M2},
    {"float8_e8m0fnu", IG_DTYPE_F8_E8M0},
    {"complex64", IG_DTYPE_C64},
    {NULL, IG_DTYPE_F32},
};

static bool find_dtype(const named_dtype *table, const char *name, ig_dtype *out) {
  for (; table->name; table++)
    if (strcmp(table->name, name) == 0) {
      *out = table->dtype;
      return true;
    }
  return false;
}

bool ig_torch_names_storage(const char *dotted, ig_dtype *dtype, bool *untyped) {
  *untyped = strcmp(dotted, "torch.storage.UntypedStorage") == 0;
  *dtype = IG_DTYPE_U8;
  if (*untyped) return true;
  // Files written on a graphics card by old versions say torch.cuda.FloatStorage.
  if (strncmp(dotted, "torch.cuda.", 11) == 0) return find_dtype(storages, dotted + 11, dtype);
  return strncmp(dotted, "torch.", 6) == 0 && find_dtype(storages, dotted + 6, dtype);
}

bool ig_torch_names_dtype(const char *dotted, ig_dtype *dtype) {
  return strncmp(dotted, "torch.", 6) == 0 && find_dtype(dtypes, dotted + 6, dtype);
}

bool ig_torch_names_allow(const char *module, const char *name) {
  static const char *const others[] = {
      "collections.OrderedDict",
      "torch._utils._rebuild_tensor",
      "torch._utils._rebuild_tensor_v2",
      "torch._utils._rebuild_tensor_v3",
      "torch._utils._rebuild_parameter",
      "torch._utils._rebuild_parameter_with_state",
      "torch._tensor._rebuild_from_type_v2",
      "torch.Tensor",
      "torch.nn.parameter.Parameter",
      "torch.nn.parameter.Buffer",
      "torch.Size",
      "torch.device",
      "__builtin__.set",
      "builtins.set",
  };
  char dotted[520];
  ig_dtype dtype;
  bool untyped;
  snprintf(dotted, sizeof dotted, "%s.%s", module, name);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (strcmp(others[i], dotted) == 0) return true;
  return ig_torch_names_storage(dotted, &dtype, &untyped) || ig_torch_names_dtype(dotted, &dtype);
}
