// safetensors files: reading of one file or of a sharded directory, atomic writing.
// Format: 8 bytes little-endian header length, a JSON header {name: {dtype, shape, data_offsets}},
// the data. https://github.com/huggingface/safetensors
#ifndef IG_IO_SAFETENSORS_H
#define IG_IO_SAFETENSORS_H
#include <jansson.h>
#include <stddef.h>
#include "io/dtype.h"
#include "ingot/core.h"

#define IG_SAFETENSORS_MAX_RANK 8

typedef struct ig_safetensor {
  const char *name;
  const char *file;  // the file it lies in, for messages
  ig_dtype dtype;
  int rank;
  size_t shape[IG_SAFETENSORS_MAX_RANK];
  size_t elements;
  size_t begin, bytes;  // of its values in the file, little-endian
  const struct ig_file *source;
} ig_safetensor;

typedef struct ig_safetensors
    ig_safetensors;  // ig_safetensors_close; read-only, may be shared by threads

// DIR/model.safetensors, or DIR/model.safetensors.index.json with its shards.
ig_status ig_safetensors_open(const char *directory, ig_safetensors **out, ig_error *err);
ig_status ig_safetensors_open_file(const char *path, ig_safetensors **out, ig_error *err);
void ig_safetensors_close(ig_safetensors *file);  // NULL is fine

// The files it lies in.
size_t ig_safetensors_file_count(const ig_safetensors *file);
const char *ig_safetensors_file(const ig_safetensors *file, size_t index);
// Tensors are sorted by name.
size_t ig_safetensors_count(const ig_safetensors *file);
const ig_safetensor *ig_safetensors_get(const ig_safetensors *file, size_t index);
const ig_safetensor *ig_safetensors_find(const ig_safetensors *file,
                                         const char *name);  // NULL: not there
// Converts F32, F16, BF16 or F64 to float. count must be tensor->elements; other dtypes are
// IG_ERROR_UNSUPPORTED.
ig_status ig_safetensors_read_float(const ig_safetensor *tensor, float *out, size_t count,
                                    ig_error *err);

// As ig_safetensors_read_float, and a NaN or an infinity is IG_ERROR_FORMAT: weights with one in
// them compute nothing.
ig_status ig_safetensors_read_weights(const ig_safetensor *tensor, float *out, size_t count,
                                      ig_error *err);
// Values first .. first + count - 1 of it, each finite.
ig_status ig_safetensors_read_part(const ig_safetensor *tensor, size_t first, size_t count,
                                   float *out, ig_error *err);
ig_status ig_safetensors_read_raw(const ig_safetensor *tensor, void *out,
                                  ig_error *err);  // tensor->bytes bytes as they stand

// A tensor to write. Exactly one of values and raw is set: values are converted to dtype (F32, F16
// or BF16) while streaming, raw is written as it stands.
typedef struct ig_safetensors_output {
  const char *name;
  ig_dtype dtype;
  int rank;
  size_t shape[IG_SAFETENSORS_MAX_RANK];
  const float *values;
  const void *raw;
} ig_safetensors_output;
// Tensors that are yet to be written, to be looked at as if they were read: all but their values.
// name: what messages call their file; it and the tensors' names are borrowed.
ig_status ig_safetensors_foresee(const char *name, const ig_safetensors_output *tensors,
                                 size_t count, ig_safetensors **out, ig_error *err);
// A file whose header is written first and whose values come in any order, at their own place. It
// is not atomic: whoever writes it does so in a directory that is renamed when all is there.
// tensors: values and raw left out.
typedef struct ig_safetensors_pieces ig_safetensors_pieces;
// metadata: strings beside {"format": "pt"}, or NULL. go_on: keep what a file with this very header
// holds. The place on the disk is reserved: a disk that is too full shows here.
ig_status ig_safetensors_begin(const char *path, const ig_safetensors_output *tensors, size_t count,
                               const json_t *metadata, bool go_on, ig_safetensors_pieces **out,
                               ig_error *err);
// bytes of tensor `index` from its byte `offset` on. Thread-safe.
ig_status ig_safetensors_put(ig_safetensors_pieces *pieces, size_t index, size_t offset,
                             const void *data, size_t bytes, ig_error *err);
ig_status ig_safetensors_flush(ig_safetensors_pieces *pieces, ig_error *err);  // to the disk
void ig_safetensors_end(ig_safetensors_pieces *pieces);  // closes; NULL is fine
// One file, atomically; metadata {"format": "pt"} as transformers expects; data 8-byte aligned, in
// the given order.
ig_status ig_safetensors_write(const char *path, const ig_safetensors_output *tensors, size_t count,
                               ig_error *err);
#endif
