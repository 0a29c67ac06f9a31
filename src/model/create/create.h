// New models.
#ifndef IG_MODEL_CREATE_CREATE_H
#define IG_MODEL_CREATE_CREATE_H
#include "model/model.h"

// A model of these options without values, of which only the list of tensors may be asked before
// ig_layout_place. The options are checked; `where` opens the messages.
ig_status ig_create_listed(const ig_config *config, const char *where, ig_model **out,
                           ig_error *err);
// The same with values, every one 0.
ig_status ig_create_zeroed(const ig_config *config, const char *where, ig_model **out,
                           ig_error *err);
// Gradients for training: allocated and zeroed where the model has none, and wired into the layers.
// frozen (parameter_count): the tensors that get none, in place of those of an earlier call; NULL:
// all get one.
ig_status ig_create_gradients(ig_model *model, const bool *frozen, ig_error *err);
#endif
