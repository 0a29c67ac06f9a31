// Searching the values that one stage of a recipe file leaves open (fuse/search/search_recipes.h):
// each recipe that is tried is fused in OUTPUT.stages, scored by all objectives and removed.
#ifndef IG_FUSE_SEARCH_STAGE_H
#define IG_FUSE_SEARCH_STAGE_H
#include "fuse/recipe/recipe_file.h"
#include "fuse/run/trial.h"

extern const char *const ig_search_stage_kind;  // of its state (fuse/stage_state.h)

typedef struct ig_search_stage_args {
  // All but its name and what scores it. Its directory is made if it is not there. The stages
  // before `index` are made.
  ig_trial trial;
  size_t index;  // of the stage, whose recipe has a search
} ig_search_stage_args;

// *recipe (ig_recipe_file_free in any case) is the best one, to carry out in the stage's place;
// *record, a new reference, has the original and all that was tried.
ig_status ig_search_stage(const ig_search_stage_args *args, ig_recipe_file *recipe, json_t **record,
                          ig_error *err);
// Fails if the recipe cannot be searched, or not with these options. options NULL: whatever they
// are.
ig_status ig_search_stage_check(const ig_recipe *recipe, const ig_fuse_options *options,
                                ig_error *err);
#endif
