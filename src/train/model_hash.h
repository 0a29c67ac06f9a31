// A hash of the files that decide what a model computes.
#ifndef IG_TRAIN_MODEL_HASH_H
#define IG_TRAIN_MODEL_HASH_H
#include "io/content_hash.h"

// Of a model and, where its name is "MODEL+ADAPTER", its adapters. A training's state is not in it.
ig_status ig_model_hash_find(const char *name, char text[IG_HASH_TEXT], ig_error *err);
#endif
