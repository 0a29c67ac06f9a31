// The data that a method gathers statistics of its models on: the key `statistics` of a recipe.
//
//   statistics:
//     data:                    # sets as of `learn`; `model`: whose set it is alone
//       - {source: held.en-de, target: held.de, model: german}
//       - {source: held.en-fr, target: held.fr, model: french}
//     labels: model
#ifndef IG_FUSE_RECIPE_STATISTICS_REQUEST_H
#define IG_FUSE_RECIPE_STATISTICS_REQUEST_H
#include "fuse/recipe/learning.h"

// Of what targets gradients are taken.
typedef enum ig_statistics_labels {
  IG_STATISTICS_LABELS_REFERENCE,  // those of the data
  IG_STATISTICS_LABELS_MODEL,  // each drawn by the model, after the reference's tokens before it
} ig_statistics_labels;

// Whose layers' inputs Gram matrices are of.
typedef enum ig_statistics_inputs {
  IG_STATISTICS_INPUTS_OWN,     // each model's own
  IG_STATISTICS_INPUTS_MERGED,  // those of the model that is being made
} ig_statistics_inputs;

typedef struct ig_statistics_request {
  const ig_yaml_node *node;
  ig_learning_files *data;  // (count)
  size_t count;
  ig_learning_lengths lengths;
  ig_statistics_labels labels;
  ig_statistics_inputs inputs;
} ig_statistics_request;

// Reads `statistics` of a recipe's root. A method that needs statistics must have it, and no other
// may. *out is NULL if there is none; else ig_statistics_request_free.
ig_status ig_statistics_request_read(const ig_yaml_node *root, const ig_method *method,
                                     ig_statistics_request **out, ig_error *err);
// Whether a set of the data is for this model: for every one, or for it alone.
bool ig_statistics_request_is_for(const ig_learning_files *set, const char *model);
struct ig_recipe;
// Fails, with the line, if data are for a model that the recipe has not, or a model has none.
ig_status ig_statistics_request_check(const struct ig_recipe *recipe, ig_error *err);
void ig_statistics_request_free(ig_statistics_request *request);  // NULL is fine
#endif
