// Weights packed for inference: those of a model in memory, or straight from its file.
#ifndef IG_MODEL_RUN_PACKED_H
#define IG_MODEL_RUN_PACKED_H
#include "io/safetensors.h"
#include "model/model.h"

// Packs every linear layer for inference (once; not while training changes the weights).
ig_status ig_model_pack(ig_model *model, ig_error *err);
void ig_model_unpack(ig_model *model);
// Fills a new model from tensors (parameter_count; NULL: zeros), their shapes checked. What only
// linear layers read is packed and never stands in values: such a layer's weight is NULL.
ig_status ig_model_read_packed(ig_model *model, const ig_safetensor *const *tensors, ig_pool *pool,
                               ig_error *err);
// Bytes of the weights so read: packed ones, and those that stand plain as well or only.
ig_status ig_model_packed_bytes(ig_model *model, size_t *bytes, ig_error *err);
#endif
