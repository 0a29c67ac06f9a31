// Values of a recipe's parameters, read once into typed form. A parameter's setting is a scalar, a
// list of scalars (a gradient over the depth of a stack), a map {value: scalar or list, and
// conditions}, or a list of such maps, of which the first whose conditions hold is taken:
//   filter: part of a tensor's name; "*" holds always                    (mergekit's)
//   select: encoder | decoder | cross_attention | embeddings | head
//   tensors: a glob over the name, "*.fc1.*"
//   layers: [first, last), counted in the output's stack
// If no condition holds, the parameter counts as not set, and the next scope is asked.
//
//   weight: [{select: encoder, value: [0, 1]}, {filter: fc1, value: 0.3}]
//     in layer 0 of the encoder      0      the gradient at depth 0
//     in its middle layer            0.5
//     in fc1 of a decoder            0.3
//     elsewhere                      not set
#ifndef IG_FUSE_RECIPE_SETTING_H
#define IG_FUSE_RECIPE_SETTING_H
#include "base/problems.h"
#include "fuse/input/tensor_place.h"
#include "fuse/method/method.h"
#include "io/yaml.h"

// A value and the conditions under which it counts: those that are given must all hold.
typedef struct ig_setting_choice {
  const char *filter;   // NULL: none
  const char *tensors;  // NULL: none
  const char *select;   // the name of `part`; NULL: none
  ig_tensor_part part;
  bool has_layers;
  double layers[2];  // [first, last)
  double *values;    // (count): of a gradient; count 1: a scalar
  size_t count;
  const ig_yaml_node *node;  // for messages
} ig_setting_choice;

typedef struct ig_setting {
  ig_setting_choice *choices;  // (count): the first whose conditions hold counts
  size_t count;                // 0: the parameter is not set
  bool *is_met;                // (count): a tensor met the conditions (ig_setting_mark)
} ig_setting;

// What one scope sets. A scope is a model, a slice, a module or the whole recipe. Strings belong to
// the YAML tree.
typedef struct ig_setting_scope {
  ig_setting parameters[IG_METHOD_PARAMETERS];  // in the order of the method's table
  struct ig_setting_scope *next;                // of the same owner
} ig_setting_scope;

// Reads a map of parameters. They must be known to the method and have values of the right kind and
// range. of_model: they must be parameters that each model has for itself. A node of NULL gives a
// scope of NULL. Every scope is put into the list *owner, for ig_setting_free, also after an error.
ig_status ig_setting_read(const ig_yaml_node *node, const ig_method *method, bool of_model,
                          ig_setting_scope **owner, const ig_setting_scope **out, ig_error *err);
void ig_setting_free(ig_setting_scope *owner);  // a whole list; NULL is fine

typedef struct ig_setting_query {
  const ig_method *method;
  size_t parameter;    // index in the method's table
  const char *tensor;  // the name that filters and globs see
  const ig_tensor_place *place;
  double depth;  // in the stack: 0 at the first layer, 1 at the last one and at the output layer; 0
                 // at all else beside the layers: embeddings, last norms, poolers, projections
} ig_setting_query;

// Looks for the parameter in the scopes (count), in order. A scope of NULL is passed over. false:
// none of them sets the parameter, and *out is its fallback.
bool ig_setting_resolve(const ig_setting_scope *const *scopes, size_t count,
                        const ig_setting_query *query, double *out);
// Remembers which choices of the parameter, in all scopes (count), have conditions that this tensor
// meets. Not thread-safe.
void ig_setting_mark(const ig_setting_scope *const *scopes, size_t count,
                     const ig_setting_query *query);
// Notes each choice of a whole list of scopes whose conditions no tensor met.
ig_status ig_setting_note_unmet(const ig_setting_scope *owner, const ig_method *method,
                                ig_problems *notes, ig_error *err);
#endif
