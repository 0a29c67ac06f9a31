// Methods that run the models of a recipe need them whole.
#ifndef IG_FUSE_RECIPE_WHOLE_MODELS_H
#define IG_FUSE_RECIPE_WHOLE_MODELS_H
#include "fuse/recipe/recipe.h"

// Fails unless the recipe has `models`, no slices or modules, and none of them has an adapter.
ig_status ig_whole_models_check(const ig_recipe *recipe, ig_error *err);
#endif
