// A model that is made to be scored: it stands in a directory of its own until it is scored, and is
// removed then.
#ifndef IG_FUSE_RUN_TRIAL_H
#define IG_FUSE_RUN_TRIAL_H
#include "fuse/plan/stages.h"
#include "fuse/record/contents.h"
#include "ingot.h"

typedef struct ig_trial {
  const ig_fuse_options *options;
  ig_hash_kind hashes;
  ig_pool *pool;
  const ig_stages *stages;
  const char *directory;  // where it is made
  const char *name;       // of its own directory in that one
  // Scores the model in a directory.
  ig_status (*score)(void *context, const char *directory, ig_error *err);
  void *context;
} ig_trial;

// Plans the recipe, which may use the models of the first `stages` stages, and tries what it makes.
// What keeps it from being carried out is in the error; nothing is left of it then.
ig_status ig_trial_run(const ig_trial *trial, const ig_recipe *recipe, size_t stages,
                       ig_error *err);
// Scores the model in a directory by the score of the caller of the library.
ig_status ig_trial_ask_caller(const ig_fuse_options *options, const char *directory, double *score,
                              ig_error *err);
#endif
