// Pointing the layers of a model to its tensors.
#ifndef IG_MODEL_CREATE_WIRE_H
#define IG_MODEL_CREATE_WIRE_H
#include "model/model.h"

// Sets sizes and dropouts of every layer by model->config, and points each into values, and into
// gradients if the model has them. Weights that were packed are forgotten.
void ig_wire_model(ig_model *model);
#endif
