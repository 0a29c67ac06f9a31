// Packs the weights of linear layers for inference: those of a model in memory, or straight from
// its file.
#ifndef IG_MODEL_RUN_PACK_H
#define IG_MODEL_RUN_PACK_H
#include "base/pool.h"
#include "model/model.h"
#include "model/run/stored_weights.h"
#include "model/weight_type.h"

// What the weight of a layer of this shape and layout is packed as in a model of this type.
ig_weight_layout ig_pack_layout(ig_weight_type type, const ig_linear *linear);
// Packs every linear layer in float32, in the layout that the CPU makes of the one it asks for.
// Does nothing if the model is packed. Not while training changes the weights.
ig_status ig_pack_model(ig_model *model, ig_error *err);
// Frees the packed weights. Not for a model that was read by ig_pack_read: it has no others.
void ig_pack_undo(ig_model *model);
// Fills a new model from stored weights, whose shapes were checked, by the threads of pool; what
// the file leaves out stays as it is. Weights of linear layers exist only in packed form, a
// table of embeddings that is one of them, too: the layer's weight is NULL, and their range of
// values is zero. Integers of int8 that the file holds are taken as they are; the layers that such
// a file holds as floats stay floats.
ig_status ig_pack_read(ig_model *model, const ig_stored_weights *stored, ig_weight_type type,
                       ig_pool *pool, ig_error *err);
// Bytes of the weights of a model that ig_pack_read filled from stored ones (NULL: not known) for
// its type: packed ones, and plain ones where a weight is used as it is too, or only. The model has
// its values' place; its layers know then what they would be packed as.
ig_status ig_pack_bytes(ig_model *model, const ig_stored_weights *stored, size_t *bytes,
                        ig_error *err);
// found (parameter_count): whether inference in int8 packs the parameter so. The model has its
// values' place.
void ig_pack_list_int8(ig_model *model, bool *found);
#endif
