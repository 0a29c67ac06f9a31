// Tensors of weight files: reading of one file or of a sharded directory, atomic writing of
// safetensors files. What torch.save wrote (io/torch_file.h), archives of numpy's arrays
// (io/npz.h), files of items (io/item_file.h) and of variables (io/variable_file.h) are read too,
// and look the same. Format of safetensors: 8 bytes little-endian header length, a JSON header
// {name: {dtype, shape, data_offsets}}, the data. https://github.com/huggingface/safetensors
#ifndef IG_IO_SAFETENSORS_H
#define IG_IO_SAFETENSORS_H
#include "io/safetensor.h"

// Open files, for ig_safetensors_close. Read-only, so that threads may share them.
typedef struct ig_safetensors ig_safetensors;

// The first of these that exists: DIR/model.safetensors, DIR/model.safetensors.index.json with its
// shards, DIR/pytorch_model.bin, DIR/pytorch_model.bin.index.json with its shards.
ig_status ig_safetensors_open(const char *directory, ig_safetensors **out, ig_error *err);
// As ig_safetensors_open, but an index may name tensors that no shard holds. They are listed.
ig_status ig_safetensors_open_with_absent(const char *directory, ig_safetensors **out,
                                          ig_error *err);
size_t ig_safetensors_absent_count(const ig_safetensors *file);
const char *ig_safetensors_absent(const ig_safetensors *file, size_t index);
// The error that an absent tensor is where it is needed.
ig_status ig_safetensors_fail_absent(const ig_safetensors *file, const char *name, ig_error *err);
// A file of any of the forms: its first bytes tell, unless its name ends in .safetensors or .npz.
ig_status ig_safetensors_open_file(const char *path, ig_safetensors **out, ig_error *err);
void ig_safetensors_close(ig_safetensors *file);  // NULL is fine

// The files that the tensors are in.
size_t ig_safetensors_file_count(const ig_safetensors *file);
const char *ig_safetensors_file(const ig_safetensors *file, size_t index);
const char *ig_safetensors_index(const ig_safetensors *file);  // name of the index, or NULL
// What is read of a file, read otherwise than it is stored, or left out, such as the optimizer's
// state; "" if nothing is.
const char *ig_safetensors_note(const ig_safetensors *file, size_t index);
// Of the tensors, those that are stored as int8 with scales and look like F32 (io/quantized.h).
size_t ig_safetensors_quantized_count(const ig_safetensors *file);
// Tensors are sorted by name.
size_t ig_safetensors_count(const ig_safetensors *file);
const ig_safetensor *ig_safetensors_get(const ig_safetensors *file, size_t index);
const ig_safetensor *ig_safetensors_find(const ig_safetensors *file, const char *name);  // or NULL
// A tensor of a file under another name and in another form.
typedef struct ig_safetensors_change {
  const char *from;  // the tensor's name; NULL: `values` are the tensor
  const char *name;  // what it is called
  bool transposed;   // it has rank 2, and is transposed first
  // Only as many elements as shape has, from `first` on: rows of a matrix, which is not transposed.
  bool part;
  size_t first;
  int rank;
  // Together no fewer elements than it has, unless `part`. Those that it lacks come last and are
  // `filler`; where that is not 0, its type must be F32.
  size_t shape[2];
  float filler;
  float *values;  // malloc'ed
} ig_safetensors_change;
// Gives the file these tensors in place of those that it has; names are copied, and values belong
// to the file whatever happens.
ig_status ig_safetensors_change_all(ig_safetensors *file, const ig_safetensors_change *changes,
                                    size_t count, ig_error *err);

// Gives tensors other names: names (ig_safetensors_count), copied; NULL: the tensor keeps its own.
// Pointers to tensors become those of others. *twice, the file's: a name that two have now, by
// which neither is found; NULL: there is none.
ig_status ig_safetensors_rename(ig_safetensors *file, char *const *names, const char **twice,
                                ig_error *err);

// A tensor to write. Exactly one of values and raw is set: values are converted to dtype (F32, F16
// or BF16) while they are written, raw is written as it is.
typedef struct ig_safetensors_output {
  const char *name;
  ig_dtype dtype;
  int rank;
  size_t shape[IG_SAFETENSOR_MAX_RANK];
  const float *values;
  const void *raw;
} ig_safetensors_output;
// Makes tensors that are yet to be written look as if they were read from a file: all but their
// values. name: what messages call that file; it and the tensors' names are borrowed.
ig_status ig_safetensors_foresee(const char *name, const ig_safetensors_output *tensors,
                                 size_t count, ig_safetensors **out, ig_error *err);
// A file whose header is written first and whose values then come in any order, each at its own
// offset. This is not atomic: it is for a directory that gets its name when everything is written.
typedef struct ig_safetensors_shard ig_safetensors_shard;
// tensors: without values and raw. *go_on true: the file is expected to have this very header, and
// keeps the values that it has; if it has not, nothing is written and *go_on is false afterwards.
// *go_on false: the file begins anew. A symbolic link is not followed. The space on the disk is
// reserved, so that a disk that is too full shows here.
ig_status ig_safetensors_begin(const char *path, const ig_safetensors_output *tensors, size_t count,
                               bool *go_on, ig_safetensors_shard **out, ig_error *err);
// Writes bytes of tensor `index`, from its byte `offset` on. Thread-safe.
ig_status ig_safetensors_put(ig_safetensors_shard *shard, size_t index, size_t offset,
                             const void *data, size_t bytes, ig_error *err);
ig_status ig_safetensors_flush(ig_safetensors_shard *shard, ig_error *err);  // to the disk
void ig_safetensors_end(ig_safetensors_shard *shard);                        // closes; NULL is fine
// Writes one file, atomically: metadata {"format": "pt"}, which transformers expects; data 8-byte
// aligned, in the given order.
ig_status ig_safetensors_write(const char *path, const ig_safetensors_output *tensors, size_t count,
                               ig_error *err);
#endif
