// Learning the coefficients of one stage of a recipe file (fuse/search/learn.h), in a directory
// that keeps its state.
#ifndef IG_FUSE_LEARN_STAGE_H
#define IG_FUSE_LEARN_STAGE_H
#include <jansson.h>
#include "fuse/plan/stages.h"
#include "ingot.h"
#include "fuse/record/contents.h"

typedef struct ig_learn_stage_args {
  const ig_stages *stages;
  size_t index;                  // of the stage, whose method learns
  const ig_stage_model *models;  // (model_count): what its names may mean besides directories
  size_t model_count;
  const char *directory;  // OUTPUT.stages; it is made if it is not there
  ig_hash_kind hashes;
  const ig_fuse_options *options;
} ig_learn_stage_args;

extern const char *const ig_learn_stage_kind;  // of its state (fuse/stage_state.h)

// Plans the stage and learns. *recipe (ig_recipe_file_free in any case) is the one to carry out in
// its place; *record, a new reference, tells how it was found.
ig_status ig_learn_stage(const ig_learn_stage_args *args, ig_recipe_file *recipe, json_t **record,
                         ig_error *err);
#endif
