// A hash of the files that decide what a model computes.
#ifndef IG_IO_MODEL_HASH_H
#define IG_IO_MODEL_HASH_H
#include "io/content_hash.h"

// Makes of the hash of all directories before ("": there are none) that of those and this one. A
// training's state is not in it.
ig_status ig_model_hash_add(const char *directory, char text[IG_HASH_TEXT], ig_error *err);
// Of a model and, where its name is "MODEL+ADAPTER", its adapters.
ig_status ig_model_hash_find(const char *name, char text[IG_HASH_TEXT], ig_error *err);
#endif
