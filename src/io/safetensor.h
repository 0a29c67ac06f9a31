// A tensor that lies in a file, and reading its values.
#ifndef IG_IO_SAFETENSOR_H
#define IG_IO_SAFETENSOR_H
#include <stddef.h>
#include <stdint.h>
#include "ingot/core.h"
#include "io/dtype.h"

#define IG_SAFETENSOR_MAX_RANK 8

typedef struct ig_safetensor {
  const char *name;
  const char *file;  // the file that it is in, for messages
  ig_dtype dtype;
  int rank;
  size_t shape[IG_SAFETENSOR_MAX_RANK];
  size_t elements;
  size_t begin, bytes;  // of its values in the file, little-endian
  const struct ig_file *source;
  struct ig_arranged *arranged;  // NULL: the values lie in the file as they are
  // Not NULL: the values are computed from stored integers and scales (io/quantized.h); then
  // `begin` is of no use, and `bytes` are those of the values.
  const struct ig_quantized *quantized;
} ig_safetensor;

// Converts F32, F16, BF16 or F64 to float. count must be tensor->elements; other dtypes are
// IG_ERROR_UNSUPPORTED.
ig_status ig_safetensor_read_float(const ig_safetensor *tensor, float *out, size_t count,
                                   ig_error *err);

// As ig_safetensor_read_float, and a NaN or an infinity is IG_ERROR_FORMAT: with one of them among
// its weights a model computes nothing.
ig_status ig_safetensor_read_weights(const ig_safetensor *tensor, float *out, size_t count,
                                     ig_error *err);
// As ig_safetensor_read_weights, for the tensor's values first .. first + count - 1.
ig_status ig_safetensor_read_part(const ig_safetensor *tensor, size_t first, size_t count,
                                  float *out, ig_error *err);
// The same values, NaN and infinities too.
ig_status ig_safetensor_read_floats(const ig_safetensor *tensor, size_t first, size_t count,
                                    float *out, ig_error *err);
// The tensor->bytes bytes, as they are in the file.
ig_status ig_safetensor_read_raw(const ig_safetensor *tensor, void *out, ig_error *err);
// Of the same bytes, those from `offset` on.
ig_status ig_safetensor_read_bytes(const ig_safetensor *tensor, size_t offset, size_t bytes,
                                   void *out, ig_error *err);
// What the file holds of the tensor: its type, and all its bytes there.
ig_dtype ig_safetensor_stored_dtype(const ig_safetensor *tensor);
size_t ig_safetensor_stored_bytes(const ig_safetensor *tensor);
#endif
