// Which tensors a model has, and where each lies: the walk over its family's table.
#ifndef IG_MODEL_CREATE_LAYOUT_H
#define IG_MODEL_CREATE_LAYOUT_H
#include "model/model.h"

// Lists the tensors for model->config (parameters, value_count, trained_count), and allocates
// layers.
ig_status ig_layout_make(ig_model *model, ig_error *err);
// After ig_layout_make: allocates the values, all zero, and wires the layers to them.
ig_status ig_layout_place(ig_model *model, ig_error *err);
// `count` zeroed floats in an arena of their own.
ig_status ig_layout_reserve(ig_arena *arena, size_t count, float **out, ig_error *err);
// Calls visit on each linear layer.
void ig_layout_linears(ig_model *model, void (*visit)(void *context, ig_linear *linear),
                       void *context);
// Whether this is the source or the target embedding table, or the one for both.
bool ig_layout_is_embedding(const ig_parameter *parameter);
#endif
