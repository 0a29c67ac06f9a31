// WordPiece as Hugging Face tokenizers 0.23 has it (models/wordpiece/mod.rs): from the left, always
// the longest piece; after the first one of a word, of those that a prefix marks as going on.
#ifndef IG_TEXT_WORD_PIECES_H
#define IG_TEXT_WORD_PIECES_H
#include "text/unigram.h"
#include "text/vocabulary.h"

enum { IG_WORD_PIECES_USUAL_LONGEST = 100 };
typedef struct ig_word_pieces {
  ig_unigram tree;                  // of all pieces
  const ig_unigram_node *going_on;  // where pieces after the prefix begin; NULL: none exist
  int unknown_id;
  size_t longest;  // a word of more characters is unknown
} ig_word_pieces;  // start from {0}; immutable once made; ig_word_pieces_free
void ig_word_pieces_free(ig_word_pieces *pieces);
// prefix: of pieces within a word, "##"; "": all pieces may be anywhere.
ig_status ig_word_pieces_make(ig_word_pieces *pieces, const ig_vocabulary *vocabulary,
                              const char *prefix, ig_error *err);
// The parts of a word of valid UTF-8, in order; those that the list holds are replaced. A word of
// which any part is no piece is unknown as a whole.
ig_status ig_word_pieces_encode(const ig_word_pieces *pieces, const char *word, size_t length,
                                ig_unigram_parts *out, ig_error *err);
#endif
