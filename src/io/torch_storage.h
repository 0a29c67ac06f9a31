// The storages of a file of PyTorch: blocks of values that tensors are views of. Two tensors may
// share one. The pickle names each by its key and type; the container has its bytes.
#ifndef IG_IO_TORCH_STORAGE_H
#define IG_IO_TORCH_STORAGE_H
#include "io/dtype.h"
#include "io/pickle.h"
#include "io/zip.h"

typedef struct ig_torch_storage {
  const char *key;  // (length), in the pickle
  size_t length;
  ig_dtype dtype;
  bool untyped;  // tensors tell the type of its values
  size_t bytes;
  ig_zip_member place;  // its bytes in the file
  bool is_placed;
} ig_torch_storage;

typedef struct ig_torch_storages {
  ig_torch_storage *items;  // sorted by key
  size_t count, capacity;
} ig_torch_storages;

// All storages of the pickle, not yet placed. One key with two types or sizes is IG_ERROR_FORMAT.
ig_status ig_torch_storage_collect(const ig_pickle *pickle, const char *where,
                                   ig_torch_storages *out, ig_error *err);
void ig_torch_storage_free(ig_torch_storages *storages);
ig_torch_storage *ig_torch_storage_find(const ig_torch_storages *storages, const char *key,
                                        size_t length);  // or NULL
// That of an IG_PICKLE_PERSISTENT; NULL for any other node.
const ig_torch_storage *ig_torch_storage_of(const ig_torch_storages *storages,
                                            const ig_pickle *pickle, uint32_t node);
#endif
