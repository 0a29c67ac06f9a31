// The tensors of another program under the names of a family: a list of changes that grows, and is
// applied as a whole.
#ifndef IG_MODEL_ARCH_TENSOR_CHANGES_H
#define IG_MODEL_ARCH_TENSOR_CHANGES_H
#include "io/safetensors.h"

enum { IG_TENSOR_CHANGES_NAME = 96 };  // bytes of a name, the NUL included

typedef struct ig_tensor_changes {
  ig_safetensors_change *items;
  char (*names)[2][IG_TENSOR_CHANGES_NAME];  // theirs and ours of each
  size_t count, capacity, names_capacity;
} ig_tensor_changes;  // start from {0}; ig_tensor_changes_free

// Takes the change's values over, whatever happens. theirs NULL: the values are the tensor.
ig_status ig_tensor_changes_add(ig_tensor_changes *changes, ig_safetensors_change change,
                                const char *theirs, const char *ours, ig_error *err);
// Whether one of the changes reads that tensor.
bool ig_tensor_changes_reads(const ig_tensor_changes *changes, const char *theirs);
// Gives the file these tensors in place of its own, and empties the list.
ig_status ig_tensor_changes_apply(ig_tensor_changes *changes, ig_safetensors *file, ig_error *err);
void ig_tensor_changes_free(ig_tensor_changes *changes);
#endif
