// A recipe of fusion: mergekit's YAML, read strictly and once. Nothing after this reads YAML: nodes
// are kept for the places in messages alone. Strings are the YAML tree's, which must outlive the
// recipe.
#ifndef IG_FUSE_RECIPE_RECIPE_H
#define IG_FUSE_RECIPE_RECIPE_H
#include "fuse/recipe/setting.h"
#include "fuse/recipe/token_rules.h"
#include "io/safetensors.h"

typedef struct ig_recipe_source {
  const ig_yaml_node *node;
  char *model;  // a directory, or MODEL+ADAPTER; owned
  bool ranged;
  int first, last;  // layers [first, last) of the model's stack, if ranged
  const ig_setting_scope *parameters;
} ig_recipe_source;

// Models whose layers are fused with one another: all their layers (one slice that is not ranged),
// or as many of each, and the results of several slices are stacked.
typedef struct ig_recipe_slice {
  ig_recipe_source *sources;
  size_t count;
  size_t left_out;         // sources after those that were not chosen (fuse/recipe/soup.h)
  const char *base_model;  // NULL: the recipe's
  const ig_setting_scope *parameters;
} ig_recipe_slice;

// A part of the model with slices of its own: "encoder", "decoder", mergekit's
// "model.encoder.layers"; NULL: all that no other module names.
typedef struct ig_recipe_module {
  const ig_yaml_node *node;
  const char *name;
  ig_recipe_slice *slices;
  size_t count;
  const ig_setting_scope *parameters;
} ig_recipe_module;

// What becomes of tensors that some of the models do not have.
typedef enum ig_missing { IG_MISSING_ERROR, IG_MISSING_UNION, IG_MISSING_INTERSECTION } ig_missing;

// What the output's tokenizer is made of.
typedef struct ig_recipe_tokenizer {
  const char *source;  // "union", "base" or a model; NULL: all models have the base's
  ig_token_rules rules;
  int pad_to_multiple_of;
} ig_recipe_tokenizer;

typedef struct ig_recipe {
  const ig_yaml_node *root;
  const char *name;  // that other recipes of the file call its model by; NULL: none
  bool builds;       // on models that other recipes of the file make
  json_t *document;  // as it was written, for the record
  const ig_method *method;
  const char *base_model;  // or NULL
  ig_recipe_module *modules;
  size_t module_count;
  const ig_setting_scope *parameters;
  ig_setting_scope *scopes;  // all that were read, for ig_setting_free
  bool cast, cast_out;       // dtype, out_dtype are given
  ig_dtype dtype, out_dtype;
  ig_missing missing;
  ig_recipe_tokenizer tokenizer;
  bool as_mergekit;  // compatibility: mergekit
  uint64_t seed;
  bool torch_random;  // rng: {kind: torch, seed: N}
} ig_recipe;

// Checks keys, kinds and values everywhere, and that the method is known; opens no model. On
// failure there is nothing to free.
ig_status ig_recipe_read(const ig_yaml_node *root, ig_recipe *out, ig_error *err);
void ig_recipe_free(ig_recipe *recipe);
#endif
