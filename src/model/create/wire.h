// Pointing the layers of a model to its tensors.
#ifndef IG_MODEL_CREATE_WIRE_H
#define IG_MODEL_CREATE_WIRE_H
#include "model/model.h"

// Sets sizes and dropouts of every layer by model->config, and points each into values, and into
// gradients if the model has them. Weights that were packed are forgotten.
void ig_wire_model(ig_model *model);

// Layer i of the encoder: weights that it may have in common with others, and streams of dropout of
// its own.
ig_encoder_layer ig_wire_encoder_layer(const ig_model *model, int i);
#endif
