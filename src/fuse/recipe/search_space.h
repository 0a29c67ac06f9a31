// The key `search` of a recipe: names that stand in the recipe for values, and how good values are
// found for them.
//
//   merge_method: task_arithmetic
//   base_model: parent
//   models:
//     - {model: a, parameters: {weight: $first}}
//     - {model: b, parameters: {weight: $second}}
//   search:
//     parameters: {first: [0, 1], second: [0, 1]}
//     evaluations: 60
//     objective: {source: held.en, target: held.de, metric: chrf}
#ifndef IG_FUSE_RECIPE_SEARCH_SPACE_H
#define IG_FUSE_RECIPE_SEARCH_SPACE_H
#include "ingot_score.h"
#include "io/yaml.h"

// A range [least, most], or listed values.
typedef struct ig_search_parameter {
  const char *name;  // without the dollar
  double range[2];   // [least, most], if nothing is listed
  json_t *listed;    // an array of scalars, at least one; NULL: a range
} ig_search_parameter;

typedef enum ig_search_objective_kind {
  IG_SEARCH_OBJECTIVE_KIND_HELD_OUT,  // what the caller of the library scores by
  IG_SEARCH_OBJECTIVE_KIND_PAIRS,
  IG_SEARCH_OBJECTIVE_KIND_QUESTIONS,
  IG_SEARCH_OBJECTIVE_KIND_COMMAND,
} ig_search_objective_kind;

// What models are scored by: more is better. Strings belong to the YAML tree.
typedef struct ig_search_objective {
  const ig_yaml_node *node;  // for messages
  const char *name;
  ig_search_objective_kind kind;
  double weight;  // of its score in the mean of all
  const char *source, *target, *questions, *command;
  ig_metric metric;  // of pairs
  bool loss;         // of pairs, in place of the metric: minus the loss of the targets
  bool exact;        // of questions: the score is of exact answers, not F1
  int beam_size;     // 0: the model's
} ig_search_objective;

typedef enum ig_search_method { IG_SEARCH_METHOD_CMA_ES, IG_SEARCH_METHOD_GRID } ig_search_method;

// A scalar of the recipe that is a name with a dollar.
typedef struct ig_search_use {
  const ig_yaml_node *node;
  size_t parameter;
} ig_search_use;

typedef struct ig_search_space {
  const ig_yaml_node *node;  // for messages
  ig_search_parameter *parameters;
  size_t count;
  ig_search_objective *objectives;
  size_t objective_count;
  ig_search_method method;
  int evaluations;  // at most
  uint64_t seed;
  ig_search_use *uses;
  size_t use_count, use_capacity;
  json_t *document;  // the recipe as it was written
} ig_search_space;

// Reads `search` of a recipe's document and takes it out of the tree. Each name that the recipe has
// must be a parameter, and each parameter must be named. *out is NULL if there is no such key; else
// ig_search_space_free.
ig_status ig_search_space_read(const ig_yaml_node *document, ig_search_space **out, ig_error *err);
void ig_search_space_free(ig_search_space *space);  // NULL is fine

// The value of a parameter at a coordinate from 0 to 1: of a range, a number of some four digits;
// of listed values, the one in whose equal share the coordinate is. A new reference; NULL: out of
// memory.
json_t *ig_search_space_value(const ig_search_parameter *parameter, double at);
// How many values have to be tried to know that none of the parameter is wrong, and the coordinate
// of each: the ends of a range, or all listed ones.
size_t ig_search_space_checks(const ig_search_parameter *parameter);
double ig_search_space_check(const ig_search_parameter *parameter, size_t index);
// Puts the value at the coordinate in the place of a parameter's name, everywhere in the tree.
ig_status ig_search_space_put(const ig_search_space *space, ig_yaml *yaml, size_t parameter,
                              double at, ig_error *err);
// Does so with the middle of all.
ig_status ig_search_space_put_middle(const ig_search_space *space, ig_yaml *yaml, ig_error *err);
#endif
