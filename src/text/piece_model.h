// What a SentencePiece model file holds besides what the library tells: the scores and types of its
// pieces, and its table of normalizations. The file is a message of protocol buffers
// (sentencepiece_model.proto).
#ifndef IG_TEXT_PIECE_MODEL_H
#define IG_TEXT_PIECE_MODEL_H
#include <stddef.h>
#include "ingot/core.h"

typedef enum ig_piece_type {
  IG_PIECE_TYPE_NORMAL = 1,
  IG_PIECE_TYPE_UNKNOWN = 2,
  IG_PIECE_TYPE_CONTROL = 3,
  IG_PIECE_TYPE_USER_DEFINED = 4,
  IG_PIECE_TYPE_UNUSED = 5,
  IG_PIECE_TYPE_BYTE = 6,
} ig_piece_type;
typedef struct ig_model_piece {
  const char *text;  // (length) no NUL ends it, and none is in it
  size_t length;
  float score;
  ig_piece_type type;
} ig_model_piece;
typedef struct ig_piece_model {
  ig_model_piece *pieces;  // (count) by id
  size_t count, capacity;
  const void *charsmap;  // (charsmap_size) as text/charsmap.h reads it
  size_t charsmap_size;
  const void *output_charsmap;  // (output_charsmap_size) for texts that are decoded; rare
  size_t output_charsmap_size;
  bool is_bpe;     // false: unigram
} ig_piece_model;  // borrows from the bytes; start from {0}; ig_piece_model_free
void ig_piece_model_free(ig_piece_model *model);
// `where` is for messages.
ig_status ig_piece_model_read(ig_piece_model *model, const void *bytes, size_t size,
                              const char *where, ig_error *err);
// Whether the SentencePiece library, which trusts tables of normalizations, can be given the file.
ig_status ig_piece_model_check(const void *bytes, size_t size, const char *where, ig_error *err);
#endif
