// A recipe of fusion in mergekit's YAML, which is read once and strictly. Nothing reads the YAML
// afterwards: its nodes are kept only for the places that messages name. Strings belong to the YAML
// tree, which must outlive the recipe.
#ifndef IG_FUSE_RECIPE_RECIPE_H
#define IG_FUSE_RECIPE_RECIPE_H
#include "fuse/input/renames.h"
#include "fuse/recipe/learning.h"
#include "fuse/recipe/search_space.h"
#include "fuse/recipe/setting.h"
#include "fuse/recipe/statistics_request.h"
#include "fuse/recipe/token_rules.h"
#include "io/safetensors.h"

typedef struct ig_recipe_source {
  const ig_yaml_node *node;
  char *model;  // a directory, or MODEL+ADAPTER; owned
  bool ranged;
  int first, last;  // layers [first, last) of the model's stack, if ranged
  const ig_setting_scope *parameters;
} ig_recipe_source;

// Models whose layers are fused with one another. A slice takes all layers of its models, or a
// range of as many layers of each. If there are several slices, all take ranges, and their results
// are stacked.
typedef struct ig_recipe_slice {
  ig_recipe_source *sources;
  size_t count, capacity;
  size_t left_out;         // how many sources follow that were not chosen (fuse/recipe/soup.h)
  const char *base_model;  // NULL: the recipe's
  const ig_setting_scope *parameters;
} ig_recipe_slice;

// A part of the model with slices of its own. Its name is "encoder", "decoder", or the beginning of
// the names of its tensors, such as mergekit's "model.encoder.layers". NULL: the part is all that
// no other module names.
typedef struct ig_recipe_module {
  const ig_yaml_node *node;
  const char *name;
  ig_recipe_slice *slices;
  size_t count;
  const ig_setting_scope *parameters;
} ig_recipe_module;

// What is done about tensors that some of the models do not have.
typedef enum ig_missing { IG_MISSING_ERROR, IG_MISSING_UNION, IG_MISSING_INTERSECTION } ig_missing;

// What the output's tokenizer is made of.
typedef struct ig_recipe_tokenizer {
  const char *source;  // "union", "base" or a model; NULL: all have the base's tokenizer
  ig_token_rules rules;
  int pad_to_multiple_of;
} ig_recipe_tokenizer;

// How models that began apart are put in one order before they are fused.
typedef enum ig_align_method {
  IG_ALIGN_METHOD_NONE,         // they stay as they are
  IG_ALIGN_METHOD_WEIGHTS,      // by what units weigh
  IG_ALIGN_METHOD_ACTIVATIONS,  // by what they do on pairs of sentences
  IG_ALIGN_METHOD_TRANSPORT,    // by the same, softly: a place gets a mean of units
} ig_align_method;

typedef struct ig_recipe_align {
  ig_align_method method;
  uint64_t seed;            // of weights
  int restarts;             // of weights
  ig_learning_files *data;  // (data_count): of activations and transport
  size_t data_count;
  int max_length;  // as in ig_learning
  // The stream moves though sinusoids are added to it: what their mean squared difference costs of
  // correlation. Below 0: it stays.
  double position_penalty;
  double regularization;  // of transport: as much correlation as one unit of entropy is worth
} ig_recipe_align;

typedef struct ig_recipe {
  const ig_yaml_node *root;
  const char *name;  // by which other recipes of the file name its model; NULL: none
  bool builds;       // it uses models that other recipes of the file make
  json_t *document;  // the recipe as it was written, for fusion.json
  const ig_method *method;
  ig_learning *learning;              // of a method that learns, or NULL
  ig_statistics_request *statistics;  // of a method that needs them, or NULL
  ig_search_space *search;            // of a recipe that names values to be found; then those in it
                                      // are the middle ones; or NULL
  const char *base_model;             // or NULL
  ig_recipe_module *modules;
  size_t module_count;
  const ig_setting_scope *parameters;
  ig_setting_scope *scopes;  // all that were read, for ig_setting_free
  bool cast, cast_out;       // dtype, out_dtype are given
  ig_dtype dtype, out_dtype;
  ig_renames renames;  // of tensors
  ig_missing missing;
  bool allows_architectures;  // allow: [architecture]: models whose model_type differs are fused
  bool takes_base_integers;   // non_float: base: integers are the donor's, others are not compared
  ig_recipe_tokenizer tokenizer;
  const char *chat_template;  // "auto", a template, or a file that has one; NULL: the donor's stays
  bool as_mergekit;           // compatibility: mergekit
  uint64_t seed;
  bool torch_random;  // rng: {kind: torch, seed: N}
  ig_recipe_align align;
} ig_recipe;

// Reads a recipe. Keys, kinds and values are checked everywhere, and the method must be known; no
// model is opened. On failure there is nothing to free.
ig_status ig_recipe_read(const ig_yaml_node *root, ig_recipe *out, ig_error *err);
void ig_recipe_free(ig_recipe *recipe);
// What messages about finding something for a recipe begin with: "WHAT" or, where the recipe has a
// name, "WHAT for NAME", cut where `out` ends.
enum { IG_RECIPE_LABEL = 128 };
void ig_recipe_label(const ig_recipe *recipe, const char *what, char out[IG_RECIPE_LABEL]);
#endif
