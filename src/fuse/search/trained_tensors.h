// The tensors of a model that training changes, by the names that files may call them.
#ifndef IG_FUSE_SEARCH_TRAINED_TENSORS_H
#define IG_FUSE_SEARCH_TRAINED_TENSORS_H
#include "model/model.h"

bool ig_trained_tensors_is_called(const ig_parameter *parameter, const char *name);
const ig_parameter *ig_trained_tensors_find(const ig_model *model, const char *name);  // or NULL
// Makes the model's gradients those of what it computes when it runs: without dropout, and with the
// row of the padding token, by which some decoders start and which training spares.
void ig_trained_tensors_expose(ig_model *model);
#endif
