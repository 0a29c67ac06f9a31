// Byte-pair encoding with the pieces of a SentencePiece model, as transformers 5.23 makes merges of
// them (tokenization_utils_base.py, generate_merges) and tokenizers 0.23 applies these.
#ifndef IG_TEXT_PIECE_MERGES_H
#define IG_TEXT_PIECE_MERGES_H
#include "text/merges.h"
#include "text/unigram.h"

// Each way to write a piece as two pieces is a merge: those of lower ids first, and of one piece
// those with the shorter left part.
ig_status ig_piece_merges_make(ig_merges *merges, const ig_vocabulary *vocabulary, ig_error *err);

typedef struct ig_piece_merging {
  ig_merging merging;
  int *ids;
  size_t *ends;
  size_t id_capacity, end_capacity;
} ig_piece_merging;  // start from {0}; ig_piece_merges_free_work
void ig_piece_merges_free_work(ig_piece_merging *work);
typedef struct ig_piece_merges {
  const ig_merges *merges;
  const ig_vocabulary *vocabulary;
  int unknown_id;       // of characters that are no pieces; -1: they are left out
  const int *byte_ids;  // (256) such a character is spelt in these; NULL: it is not
  bool unknown_apart;   // each of them is a part of its own, else neighbours are one
  bool whole_first;     // a text that is a piece is not cut
} ig_piece_merges;
// The parts of a text of valid UTF-8, in order; those that the list holds are replaced. Where a
// character is left out, the places of all parts after it are as much too low, as in tokenizers.
ig_status ig_piece_merges_encode(const ig_piece_merges *by, ig_piece_merging *work,
                                 const char *text, size_t length, ig_unigram_parts *out,
                                 ig_error *err);
#endif
