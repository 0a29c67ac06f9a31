// A vocabulary: tokens with ids, found in both directions. The vocab.json of a model directory.
#ifndef IG_TEXT_VOCABULARY_H
#define IG_TEXT_VOCABULARY_H
#include <jansson.h>
#include <stddef.h>
#include "ingot/core.h"

typedef struct ig_vocabulary {
  char **tokens;  // [size], NULL if no token has the id; owned
  int size;       // one more than the largest id
  size_t capacity;
  int *slots;  // hash table of ids, -1 empty; a power of two, at most half full
  size_t slot_count;
  size_t count;   // tokens
} ig_vocabulary;  // start from {0}; ig_vocabulary_free

// IG_ERROR_FORMAT if the token or the id is in the vocabulary already, or the id is out of range.
ig_status ig_vocabulary_add(ig_vocabulary *vocabulary, const char *token, size_t length, int id,
                            ig_error *err);
// The largest id that a file of so many tokens may have: files leave few gaps, and a small one must
// not cost much memory.
int ig_vocabulary_most_id(size_t tokens);
// The token's id; -1: not in the vocabulary.
int ig_vocabulary_find(const ig_vocabulary *vocabulary, const char *token, size_t length);
const char *ig_vocabulary_token(const ig_vocabulary *vocabulary, int id);  // NULL: no such id
// A file of one token a line: its id is the number of the line, from 0. As Hugging Face tokenizers
// 0.23 reads a vocab.txt, white space at the end of a line does not count, and of equal lines the
// last one does: the ids of the others have no token.
ig_status ig_vocabulary_load_lines(ig_vocabulary *vocabulary, const char *path, ig_error *err);
ig_status ig_vocabulary_save_lines(const ig_vocabulary *vocabulary, const char *path,
                                   ig_error *err);
void ig_vocabulary_free(ig_vocabulary *vocabulary);

// Adds {"token": id, …}. where: what it is from, for messages.
ig_status ig_vocabulary_take(ig_vocabulary *vocabulary, const json_t *json, const char *where,
                             ig_error *err);
// The file is such an object.
ig_status ig_vocabulary_load(ig_vocabulary *vocabulary, const char *path, ig_error *err);
ig_status ig_vocabulary_save(const ig_vocabulary *vocabulary, const char *path, ig_error *err);
#endif
