// How the method `learned` finds its coefficients: the key `learn` of a recipe.
//
//   learn:
//     data:                                  # what no model was trained on
//       - {source: held.en-de, target: held.de}
//       - {source: held.en-fr, target: held.fr, weight: 2}
//       - {questions: held.json}
//     granularity: layer
//     steps: 100
//
// or `coefficients` alone, the file of those that are learned already.
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
  IG_LEARNING_GRANULARITY_ROW,     // none; each row of a matrix has a coefficient of its own
} ig_learning_granularity;

// What the coefficients are to make small.
typedef enum ig_learning_loss {
  IG_LEARNING_LOSS_REFERENCES,  // cross-entropy of the targets
  IG_LEARNING_LOSS_TEACHERS,    // divergence from what teachers say of each token of the targets
  IG_LEARNING_LOSS_ENTROPY,     // of what the fused model itself says of each token of the targets
} ig_learning_loss;

// A set: lines with their translations, or questions with their answers in SQuAD's form. Strings
// belong to the YAML tree.
typedef struct ig_learning_files {
  const ig_yaml_node *node;
  const char *source, *target;  // NULL: questions
  const char *questions;        // NULL: lines
  double weight;                // of the set's mean among those of all sets
  const char *teacher;          // of `learn`: a model of the recipe; NULL: all of them
  const char *model;            // of `statistics`: whose set it is alone; NULL: all models'
} ig_learning_files;

typedef struct ig_learning_lengths {
  // Tokens of a side of lines, or of a window of questions. 0: as many as the model has positions,
  // but at most 256, of a window 384.
  int max_length;
  int stride;  // tokens that two windows of a context share
} ig_learning_lengths;

typedef struct ig_learning {
  const char *key;                  // of the recipe that it was read from, for messages
  ig_learning_files *data, *valid;  // (data_count), (valid_count)
  size_t data_count, valid_count;
  double valid_share;  // of each of `data`, drawn to validate on, where there is no `valid`
  ig_learning_loss loss;
  ig_learning_granularity granularity;
  int steps;
  int batch_sentences;  // of a step, over all data
  ig_learning_lengths lengths;
  int validate_every;  // steps
  int patience;        // validations without a better one, after which it ends; 0: any number
  double learning_rate;
  double decay;  // of the distance from the start, added to each gradient
  double label_smoothing;
  bool starts;  // `start` is given; false: 1 / models
  double start;
  double bounds[2];  // of a coefficient
  // With granularity: row the file of the coefficients (fuse/plan/planned_coefficients.h): written
  // when they are learned or, without `data`, there already. NULL: they go into the recipe.
  const char *coefficients;
} ig_learning;

// Reads `learn` of a recipe's root. A method that learns must have it, and no other may. *out is
// NULL if there is none; else ig_learning_free.
ig_status ig_learning_read(const ig_yaml_node *root, const ig_method *method, ig_learning **out,
                           ig_error *err);
void ig_learning_free(ig_learning *learning);  // NULL is fine

// Fails unless the files of these sets (count) are there.
ig_status ig_learning_check_files(const ig_learning_files *sets, size_t count, ig_error *err);
// What can be said before anything is opened: that the files are there, and teachers models of the
// recipe. A recipe that learns nothing is fine.
struct ig_recipe;
ig_status ig_learning_check(const struct ig_recipe *recipe, ig_error *err);
// Whose sets they are, which says what keys they may have besides `source` and `target`.
typedef enum ig_learning_files_of {
  IG_LEARNING_FILES_OF_LEARN,       // questions, weight, teacher
  IG_LEARNING_FILES_OF_STATISTICS,  // questions, weight, model
  IG_LEARNING_FILES_OF_ALIGN,       // none
} ig_learning_files_of;
// Reads the sets of a key: one map, or a list of them; free(*out) in any case. Absent: *count is 0.
ig_status ig_learning_read_files(const ig_yaml_node *map, const char *key, ig_learning_files_of of,
                                 ig_learning_files **out, size_t *count, ig_error *err);
// Whether one of the sets (count) is of questions.
bool ig_learning_has_questions(const ig_learning_files *sets, size_t count);
// Reads `max_length` and `stride` of a map; the second has an effect on questions alone.
ig_status ig_learning_read_lengths(const ig_yaml_node *map, bool has_questions,
                                   ig_learning_lengths *out, ig_error *err);
#endif
