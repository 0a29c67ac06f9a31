// A config.json that does not say which family or which head its weights are of, as the first
// versions of transformers wrote it: the tensors' names say it, where only one has them.
#ifndef IG_MODEL_FILES_UNNAMED_FAMILY_H
#define IG_MODEL_FILES_UNNAMED_FAMILY_H
#include <jansson.h>
#include "ingot.h"

// Adds model_type and architectures to json, where it lacks them and the weights of the directory
// leave no doubt. Where two families have such tensors, the one whose tokenizer's files the
// directory has is meant; if that is none or several, IG_ERROR_FORMAT names them. A head that
// is in doubt is left out, and a directory that holds no weights is as it was. `where` (the path of
// config.json) opens each message.
ig_status ig_unnamed_family_complete(const char *directory, const char *where, json_t *json,
                                     ig_error *err);
#endif
