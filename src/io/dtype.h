// Element types of tensors in files.
#ifndef IG_IO_DTYPE_H
#define IG_IO_DTYPE_H
#include <stdbool.h>
#include <stddef.h>

typedef enum ig_dtype {
  IG_DTYPE_F32,
  IG_DTYPE_F16,
  IG_DTYPE_BF16,
  IG_DTYPE_F64,
  IG_DTYPE_I64,
  IG_DTYPE_I32,
  IG_DTYPE_I16,
  IG_DTYPE_I8,
  IG_DTYPE_U64,
  IG_DTYPE_U32,
  IG_DTYPE_U16,
  IG_DTYPE_U8,
  IG_DTYPE_BOOL,
  IG_DTYPE_F8_E4M3,
  IG_DTYPE_F8_E5M2,
  IG_DTYPE_F8_E8M0,
  IG_DTYPE_C64,
} ig_dtype;
enum { IG_DTYPE_COUNT = IG_DTYPE_C64 + 1 };
const char *ig_dtype_name(ig_dtype dtype);  // "F32", "BF16", …: the names that safetensors uses
size_t ig_dtype_size(ig_dtype dtype);       // bytes of one element
// From "F32", …, and from PyTorch's names "float32", "bfloat16", "float16"; false: another name.
bool ig_dtype_parse(const char *name, ig_dtype *out);
#endif
