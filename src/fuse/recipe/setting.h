// Values of a recipe's parameters. A parameter's setting is a scalar, a list of scalars (a gradient
// over the depth of a stack), a map {value: scalar or list, and conditions}, or a list of such
// maps, of which the first whose conditions hold is taken. Conditions:
//   filter: part of a tensor's name; "*" holds always                    (mergekit's)
//   select: encoder | decoder | cross_attention | embeddings | head
//   tensors: a glob over the name, "*.fc1.*"
//   layers: [first, last), counted in the output's stack
// Where no condition holds the parameter counts as not set, and the next scope is asked.
#ifndef IG_FUSE_RECIPE_SETTING_H
#define IG_FUSE_RECIPE_SETTING_H
#include "fuse/method/method.h"
#include "fuse/input/tensor_place.h"
#include "io/yaml.h"

typedef struct ig_setting_query {
  const ig_method_parameter *parameter;
  const char *tensor;  // the name that filters and globs see
  const ig_tensor_place *place;
  double depth;  // in the stack: 0 at the first layer and at embeddings, 1 at the last layer and at
                 // the head
} ig_setting_query;

// Asks the scopes in order (NULL ones are passed over). *found false: not set anywhere; *out is
// then the parameter's fallback.
ig_status ig_setting_resolve(const ig_yaml_node *const *scopes, size_t count,
                             const ig_setting_query *query, bool *found, double *out,
                             ig_error *err);
// Whether a scope's settings are ones that can be resolved: known parameters of the method, values
// of the right kind and range. NULL is fine.
ig_status ig_setting_check(const ig_yaml_node *scope, const ig_method *method, bool of_model,
                           ig_error *err);
#endif
