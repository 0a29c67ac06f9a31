// The tensors of a file of PyTorch: what the calls of its pickle that would rebuild them say
// (torch/_utils.py: _rebuild_tensor and its later forms).
#ifndef IG_IO_TORCH_TENSOR_H
#define IG_IO_TORCH_TENSOR_H
#include "io/arranged.h"
#include "io/torch_storage.h"

typedef struct ig_torch_tensor {
  ig_dtype dtype;
  const ig_torch_storage *storage;
  ig_arranged view;  // item, first, rank, shape, stride and elements
} ig_torch_tensor;

typedef struct ig_torch_tensor_source {
  const ig_pickle *pickle;
  const ig_torch_storages *storages;
  const char *path;  // for messages
} ig_torch_tensor_source;

// True if the node is a call that would make a tensor.
bool ig_torch_tensor_is(const ig_pickle *pickle, uint32_t node);
// name: of the tensor, for messages. A view that reaches beyond its storage, or that has more
// values than it, is an error.
ig_status ig_torch_tensor_read(const ig_torch_tensor_source *from, const char *name, uint32_t node,
                               ig_torch_tensor *out, ig_error *err);
#endif
