// Other names for the tensors of the models that are fused, by how their names begin: for
// checkpoints of one architecture under other names.
#ifndef IG_FUSE_INPUT_RENAMES_H
#define IG_FUSE_INPUT_RENAMES_H
#include "io/safetensors.h"

typedef struct ig_rename {
  const char *from, *to;  // beginnings of names
  bool used;              // set when a tensor gets a name by it
} ig_rename;

typedef struct ig_renames {
  ig_rename *items;
  size_t count;
} ig_renames;

// Renames a file's tensors, each once, by the longest beginning that its name has. A name that
// begins already as it would then, with the old beginning in the new one, stays. Fails if two
// tensors would have one name. reference: the model, for messages.
ig_status ig_renames_apply(const ig_renames *renames, const char *reference, ig_safetensors *file,
                           ig_error *err);
#endif
