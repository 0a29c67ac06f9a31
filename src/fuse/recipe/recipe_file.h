// A recipe file: one recipe, or several documents of which some make models for others, by their
// `name`. The documents come in any order; one that the result does not need is an error.
#ifndef IG_FUSE_RECIPE_RECIPE_FILE_H
#define IG_FUSE_RECIPE_RECIPE_FILE_H
#include "base/problems.h"
#include "fuse/recipe/recipe.h"

typedef struct ig_recipe_file {
  const char *name;    // of the file, for messages
  ig_recipe *recipes;  // (count): each after those that make models for it; the last makes the
                       // result
  size_t count;
  ig_problems notes;  // what in it has no effect
  ig_yaml *yaml;      // the tree that the recipes borrow strings from
} ig_recipe_file;

// ig_recipe_file_free in any case. The interrupter ends the waiting for a pipe; NULL: nothing does.
ig_status ig_recipe_file_load(const char *path, const ig_interrupter *interrupter,
                              ig_recipe_file *out, ig_error *err);
ig_status ig_recipe_file_parse(const char *text, size_t size, const char *name, ig_recipe_file *out,
                               ig_error *err);
void ig_recipe_file_free(ig_recipe_file *file);
#endif
