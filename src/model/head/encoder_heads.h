// What the heads of encoders share: an output layer, after a dense layer and a norm where the model
// has them.
#ifndef IG_MODEL_HEAD_ENCODER_HEADS_H
#define IG_MODEL_HEAD_ENCODER_HEADS_H
#include "model/head/head.h"

// outputs, forward and forward_scratch of ig_head.
int ig_encoder_heads_columns(const ig_model *model);
void ig_encoder_heads_forward(ig_nn *nn, const ig_model *model, int rows, const float *hidden,
                              float *output);
size_t ig_encoder_heads_forward_scratch(const ig_nn *nn, const ig_model *model, int rows);
#endif
