// The names that occur in files of PyTorch: of the types of storages and of values, and all that
// its pickles may ask for (torch/_utils.py, torch/storage.py).
#ifndef IG_IO_TORCH_NAMES_H
#define IG_IO_TORCH_NAMES_H
#include <stdbool.h>
#include "io/dtype.h"

// True if a pickle of tensors and plain containers may ask for it.
bool ig_torch_names_allow(const char *module, const char *name);
// The type of a storage, "torch.FloatStorage". untyped: its values are bytes, and tensors tell
// their type. False: no storage that is read.
bool ig_torch_names_storage(const char *dotted, ig_dtype *dtype, bool *untyped);
bool ig_torch_names_dtype(const char *dotted, ig_dtype *dtype);  // "torch.uint16"
#endif
