// What differs between the trained values of a model in an update: the learning rate, weight decay,
// and whether they are updated at all (param_groups of torch.optim).
#ifndef IG_TRAIN_PARAMETER_GROUPS_H
#define IG_TRAIN_PARAMETER_GROUPS_H
#include "ingot.h"
#include "model/model.h"

// A stretch of the flat arrays of trained values, begin to end - 1.
typedef struct ig_parameter_span {
  size_t begin, end;
  double rate;   // times the learning rate
  bool decayed;  // by weight_decay
  bool frozen;   // its gradients are 0, and so are its moments
} ig_parameter_span;

typedef struct ig_parameter_groups {
  ig_parameter_span *spans;  // (span_count), back to back from 0 to the last trained value
  size_t span_count;
  bool *frozen;  // (parameter_count)
  size_t frozen_values;
} ig_parameter_groups;  // ig_parameter_groups_free

// What the options ask for of the model's tensors, whose values are not looked at. A message of
// IG_ERROR_ARGUMENT begins with the option's name: a part that the model does not have, nothing is
// left to train, or layers that share their weights cannot have rates of their own.
ig_status ig_parameter_groups_make(const ig_model *model, const ig_group_options *options,
                                   ig_parameter_groups *out, ig_error *err);
// The same where only the tensors that are not marked (parameter_count) are trained, all alike.
ig_status ig_parameter_groups_make_marked(const ig_model *model, const bool *frozen,
                                          ig_parameter_groups *out, ig_error *err);
// One span of so many values, all trained alike, that are no tensors of a model.
ig_status ig_parameter_groups_make_flat(size_t values, ig_parameter_groups *out, ig_error *err);
void ig_parameter_groups_free(ig_parameter_groups *groups);

// How many values the spans have.
size_t ig_parameter_groups_values(const ig_parameter_groups *groups);
// Calls visit on the trained stretches of begin to end - 1, first to last: each lies in one span.
typedef void ig_parameter_visit(void *context, const ig_parameter_span *span, size_t begin,
                                size_t end);
void ig_parameter_groups_walk(const ig_parameter_groups *groups, size_t begin, size_t end,
                              ig_parameter_visit *visit, void *context);
#endif
