// Models from their directories.
#ifndef IG_MODEL_FILES_LOAD_H
#define IG_MODEL_FILES_LOAD_H
#include "base/pool.h"
#include "model/model.h"

// A model that is only to run: its weights are packed by the threads of pool (NULL: one) as they
// are read. Weights that only linear layers need exist in their packed form alone: in `values` they
// are zeros, and ig_pack_undo must not be called on this model.
ig_status ig_load_packed(const char *directory, ig_pool *pool, ig_model **out, ig_error *err);
#endif
