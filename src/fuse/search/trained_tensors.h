// The tensors of a model that training changes, by the names that files may call them.
#ifndef IG_FUSE_SEARCH_TRAINED_TENSORS_H
#define IG_FUSE_SEARCH_TRAINED_TENSORS_H
#include "model/model.h"

bool ig_trained_tensors_is_called(const ig_parameter *parameter, const char *name);
const ig_parameter *ig_trained_tensors_find(const ig_model *model, const char *name);  // or NULL
#endif
