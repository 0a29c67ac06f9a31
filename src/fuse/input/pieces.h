// The pieces of a model's vocabulary, by which rows of embeddings are matched.
#ifndef IG_FUSE_INPUT_PIECES_H
#define IG_FUSE_INPUT_PIECES_H
#include "text/vocabulary.h"

typedef struct ig_pieces {
  ig_vocabulary side[2];  // source and target; the second only if they are separate
  bool separate;          // source and target have vocabularies of their own
  bool extensible;        // vocab.json alone gives the ids, so pieces can be added to it
} ig_pieces;              // start from {0}; ig_pieces_free

// Loads the pieces of MarianMT's or Ingot's vocab.json (and target_vocab.json with
// separate_vocabs), or of T5's spiece.model with its <extra_id_N>. Other tokenizers are
// IG_ERROR_UNSUPPORTED.
ig_status ig_pieces_load(const char *directory, ig_pieces *out, ig_error *err);
ig_status ig_pieces_copy(const ig_pieces *from, ig_pieces *out, ig_error *err);
const ig_vocabulary *ig_pieces_side(const ig_pieces *pieces, int side);
void ig_pieces_free(ig_pieces *pieces);
#endif
