// Where each tensor of a model lies. One walk over the model serves twice: without values it lists
// the tensors, with them it points the layers to them.
#ifndef IG_MODEL_LAYOUT_H
#define IG_MODEL_LAYOUT_H
#include "model/model.h"

// Lists the tensors (parameters, value_count, trained_count) for model->config and allocates layers
// and values, all zero.
ig_status ig_layout_make(ig_model *model, ig_error *err);
// `count` zeroed floats in an arena of their own.
ig_status ig_layout_reserve(ig_arena *arena, size_t count, float **out, ig_error *err);
// Points every layer into values, and into gradients where the model has them.
void ig_layout_wire(ig_model *model);
// Calls visit on each linear layer.
void ig_layout_linears(ig_model *model, void (*visit)(void *context, ig_linear *linear),
                       void *context);
// The source or the target embedding table, which are one where they are shared?
bool ig_layout_is_embedding(const ig_model *model, const ig_parameter *parameter);
#endif
