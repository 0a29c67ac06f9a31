// Learned fusion: the coefficients of a sum of models are found by Adam on held-out data, through
// the exact gradient (fuse/search/task_model.h); the best ones by the loss on other held-out data
// become a recipe without data. Wortsman et al. 2022 ("Model soups", learned soup) and Yang et al.
// 2024 (AdaMerging) learn such coefficients, for other losses.
#ifndef IG_FUSE_SEARCH_LEARN_H
#define IG_FUSE_SEARCH_LEARN_H
#include <jansson.h>
#include "fuse/plan/fusion_plan.h"
#include "fuse/recipe/recipe_file.h"
#include "ingot.h"

typedef struct ig_learn_args {
  const ig_fusion_plan *plan;  // of the learned recipe, without problems; its models exist
  const char *identity;        // a hash of all that the result depends on, but for the pairs
  const char *directory;       // it is made when all data are read, if it is not there
  const char *state_path;      // the file in it by which an interrupted run goes on
  const ig_fuse_options *options;
} ig_learn_args;

// *record is a new reference: what was learned from, the losses before and after, and of each
// model, and how the loss fell. The caller frees *recipe (ig_recipe_file_free) in any case. The
// same bits for any number of threads. IG_INTERRUPTED: the state is saved.
ig_status ig_learn(const ig_learn_args *args, ig_recipe_file *recipe, json_t **record,
                   ig_error *err);
// Bytes that it takes, besides the activations of a batch.
size_t ig_learn_memory(const ig_fusion_plan *plan);
#endif
