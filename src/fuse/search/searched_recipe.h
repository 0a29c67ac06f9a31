// A recipe with a search, once values stand in the place of its names.
#ifndef IG_FUSE_SEARCH_SEARCHED_RECIPE_H
#define IG_FUSE_SEARCH_SEARCHED_RECIPE_H
#include "fuse/recipe/recipe_file.h"

// values: an object with a scalar for each parameter. file: what messages call the recipe. The
// recipe searches no more. ig_recipe_file_free in any case.
ig_status ig_searched_recipe_make(const ig_search_space *space, const json_t *values,
                                  const char *file, ig_recipe_file *out, ig_error *err);
#endif
