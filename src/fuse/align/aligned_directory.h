// A model in another order, written as a model directory of its own: what is needed of it in a
// fusion, config.json and the weights.
#ifndef IG_FUSE_ALIGN_ALIGNED_DIRECTORY_H
#define IG_FUSE_ALIGN_ALIGNED_DIRECTORY_H
#include "fuse/record/provenance.h"
#include "model/model.h"

typedef struct ig_aligned_directory {
  const char *path;
  const ig_fuse_model *source;  // whose files say what tensors are called, and their types
  const ig_model *model;        // of the source, with values in the new order
  ig_provenance *provenance;    // gets hashes and names of the files
  ig_pool *pool;
} ig_aligned_directory;

// Writes PATH.partial and renames it. Tied copies of a tensor are left out; types stay, but float64
// becomes float32.
ig_status ig_aligned_directory_write(const ig_aligned_directory *directory, ig_error *err);
#endif
