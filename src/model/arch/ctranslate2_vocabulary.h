// The vocabularies of a directory of CTranslate2: lists of tokens, whose places are the ids.
#ifndef IG_MODEL_ARCH_CTRANSLATE2_VOCABULARY_H
#define IG_MODEL_ARCH_CTRANSLATE2_VOCABULARY_H
#include <jansson.h>
#include <stdbool.h>
#include "ingot/core.h"

typedef struct ig_ctranslate2_vocabulary {
  const char *directory;
  json_t *ids[2];  // of source and target: objects; of a token that is there twice, the first id
  size_t count[2];
  bool separate;  // two lists
} ig_ctranslate2_vocabulary;

// shared_vocabulary.json, or source_vocabulary.json and target_vocabulary.json, or the same as .txt
// with a token a line. ig_ctranslate2_vocabulary_free in any case.
ig_status ig_ctranslate2_vocabulary_load(const char *directory, ig_ctranslate2_vocabulary *out,
                                         ig_error *err);
void ig_ctranslate2_vocabulary_free(ig_ctranslate2_vocabulary *v);
// No list may be longer than the embedding.
ig_status ig_ctranslate2_vocabulary_check(const ig_ctranslate2_vocabulary *v, size_t rows,
                                          ig_error *err);
// -1: there is no such token.
int ig_ctranslate2_vocabulary_find(const ig_ctranslate2_vocabulary *v, int side, const char *token);
// The target's id of the token that a key of config.json names, or of the fallback.
ig_status ig_ctranslate2_vocabulary_token(const ig_ctranslate2_vocabulary *v,
                                          const json_t *settings, const char *key,
                                          const char *fallback, int *id, ig_error *err);
// A vocab.json with <pad>; a new reference. NULL: out of memory.
json_t *ig_ctranslate2_vocabulary_ids(const ig_ctranslate2_vocabulary *v, int side, int pad);
#endif
