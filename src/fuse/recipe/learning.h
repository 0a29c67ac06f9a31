// How the method `learned` finds its coefficients: the key `learn` of a recipe.
//
//   learn:
//     data:                                  # pairs of texts that no model was trained on
//       - {source: held.en-de, target: held.de}
//       - {source: held.en-fr, target: held.fr, weight: 2}
//     granularity: layer
//     steps: 100
#ifndef IG_FUSE_RECIPE_LEARNING_H
#define IG_FUSE_RECIPE_LEARNING_H
#include "fuse/method/method.h"
#include "io/yaml.h"

// Which tensors of a model share a coefficient.
typedef enum ig_learning_granularity {
  IG_LEARNING_GRANULARITY_MODEL,   // all
  IG_LEARNING_GRANULARITY_PART,    // those of the encoder, of the decoder, …
  IG_LEARNING_GRANULARITY_LAYER,   // those of a layer; outside the layers those of a part
  IG_LEARNING_GRANULARITY_TENSOR,  // none
} ig_learning_granularity;

// Lines with their translations. Strings belong to the YAML tree.
typedef struct ig_learning_pairs {
  const ig_yaml_node *node;
  const char *source, *target;
  double weight;        // of their mean among those of all pairs
  const char *teacher;  // of `learn`: a model of the recipe; NULL: all of them
  const char *model;    // of `statistics`: whose pairs they are alone; NULL: all models'
} ig_learning_pairs;

typedef struct ig_learning {
  const char *key;                  // of the recipe that it was read from, for messages
  ig_learning_pairs *data, *valid;  // (data_count), (valid_count)
  size_t data_count, valid_count;
  double valid_share;  // of each of `data`, drawn to validate on, where there is no `valid`
  // The loss is the divergence from what teachers say of each token; false: the references' loss.
  bool by_teachers;
  ig_learning_granularity granularity;
  int steps;
  int batch_sentences;  // of a step, over all data
  int max_length;       // tokens of a side; 0: as many as the model has positions, at most 256
  int validate_every;   // steps
  int patience;         // validations without a better one, after which it ends; 0: any number
  double learning_rate;
  double label_smoothing;
  bool starts;  // `start` is given; false: 1 / models
  double start;
  double bounds[2];  // of a coefficient
} ig_learning;

// Reads `learn` of a recipe's root. A method that learns must have it, and no other may. *out is
// NULL if there is none; else ig_learning_free.
ig_status ig_learning_read(const ig_yaml_node *root, const ig_method *method, ig_learning **out,
                           ig_error *err);
void ig_learning_free(ig_learning *learning);  // NULL is fine

// Fails unless the files of these pairs (count) are there.
ig_status ig_learning_check_files(const ig_learning_pairs *pairs, size_t count, ig_error *err);
// What can be said before anything is opened: that the files are there, and teachers models of the
// recipe. A recipe that learns nothing is fine.
struct ig_recipe;
ig_status ig_learning_check(const struct ig_recipe *recipe, ig_error *err);
// Reads the pairs of a key: one map, or a list of them; free(*out) in any case. of_models: each may
// name the model that they are for. Absent: *count is 0.
ig_status ig_learning_read_pairs(const ig_yaml_node *map, const char *key, bool of_models,
                                 ig_learning_pairs **out, size_t *count, ig_error *err);
#endif
