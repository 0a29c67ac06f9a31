// The pieces of a model's vocabulary, by which rows of embeddings are matched.
#ifndef IG_FUSE_INPUT_PIECES_H
#define IG_FUSE_INPUT_PIECES_H
#include <jansson.h>

#include "text/vocabulary.h"

typedef struct ig_pieces {
  ig_vocabulary side[2];  // source and target; the second only if they are separate
  bool separate;          // source and target have vocabularies of their own
  bool extensible;        // pieces can be added: to a vocab.json alone, or to tokenizer.json
  bool has_beside;        // tokens that vocab.json lacks and the files beside it name
  // The tokenizer.json that the pieces come from, and the entries of its added tokens by their
  // text, also of those that only the files beside it name; else NULL. References of its own.
  json_t *tokenizer, *added;
} ig_pieces;  // start from {0}; ig_pieces_free

// Loads the pieces of MarianMT's or Ingot's vocab.json (and target_vocab.json with
// separate_vocabs), of a tokenizer.json, of T5's spiece.model with its <extra_id_N>, or of BERT's
// vocab.txt where no added_tokens.json is beside it. Other tokenizers are IG_ERROR_UNSUPPORTED.
ig_status ig_pieces_load(const char *directory, ig_pieces *out, ig_error *err);
ig_status ig_pieces_copy(const ig_pieces *from, ig_pieces *out, ig_error *err);
// The model of the tokenizer.json, with its pieces and merges; NULL: there is none.
const json_t *ig_pieces_model(const ig_pieces *pieces);
// The entry of `added` for a piece; NULL: it is no added token.
const json_t *ig_pieces_added(const ig_pieces *pieces, const char *piece);
// Fails, and names the piece, if one of two vocabularies of a tokenizer.json has a piece that the
// other lacks and that is no added token: then texts are cut in different ways. Beside a
// tokenizer.json `a` may come from another file if `b` has all of its pieces. Vocabularies that
// both come from other files always fit. The directories are for the message.
ig_status ig_pieces_fit(const ig_pieces *a, const char *a_directory, const ig_pieces *b,
                        const char *b_directory, ig_error *err);
const ig_vocabulary *ig_pieces_side(const ig_pieces *pieces, int side);
void ig_pieces_free(ig_pieces *pieces);
#endif
