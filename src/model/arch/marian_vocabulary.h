// The vocabularies of Marian: a SentencePiece model whose ids count, or a list of tokens with ids.
#ifndef IG_MODEL_ARCH_MARIAN_VOCABULARY_H
#define IG_MODEL_ARCH_MARIAN_VOCABULARY_H
#include <jansson.h>
#include "ingot/core.h"

// *out: {"token": id}, a new reference. Ids may have gaps, and are below 2^31.
ig_status ig_marian_vocabulary_load(const char *path, json_t **out, ig_error *err);
#endif
