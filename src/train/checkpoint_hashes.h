// Hashes in a checkpoint: training.json has one of each other file, and one of itself. What has
// changed since it was saved is not resumed from.
#ifndef IG_TRAIN_CHECKPOINT_HASHES_H
#define IG_TRAIN_CHECKPOINT_HASHES_H
#include <jansson.h>
#include "ingot/core.h"

// Adds to the state, which is to be saved as training.json, the hashes of all files that are in the
// directory.
ig_status ig_checkpoint_hashes_add(const char *directory, json_t *state, ig_error *err);
// IG_ERROR_FORMAT, with the name of the file, if a file of the checkpoint is missing or is not what
// it was. A checkpoint of an older version has no hashes, and passes.
ig_status ig_checkpoint_hashes_check(const char *directory, ig_error *err);
#endif
