// The key `align` of a recipe: {method: weights, seed, restarts}, or {method: activations, data,
// max_length, position_penalty}, or {method: transport} with those and regularization. Models that
// began apart are put in the order of the donor (fuse/align/aligned_models.h) before they are
// fused.
#ifndef IG_FUSE_RECIPE_ALIGN_KEYS_H
#define IG_FUSE_RECIPE_ALIGN_KEYS_H
#include "fuse/recipe/recipe.h"

// Reads it into the recipe, whose other keys have been read; what cannot go with it is an error.
ig_status ig_align_keys_read(const ig_yaml_node *root, ig_recipe *recipe, ig_error *err);
#endif
