// Whether two tokenizers of a tokenizer.json can be united (fuse/input/tokenizer_union.h), and if
// not, why.
#ifndef IG_FUSE_INPUT_TOKENIZER_UNION_CHECK_H
#define IG_FUSE_INPUT_TOKENIZER_UNION_CHECK_H
#include "base/problems.h"
#include "fuse/input/pieces.h"

// Whether each has all pieces of the other that are no added tokens.
bool ig_tokenizer_union_check_same_pieces(const ig_pieces *a, const ig_pieces *b);
// Fails, and names what keeps them apart, if the two are of other kinds, prepare text in other ways
// or have entries that mean nothing. Tokenizers that differ in added tokens alone always fit; where
// they cut texts in other ways, a note tells. notes NULL: nobody is told.
ig_status ig_tokenizer_union_check(const ig_pieces *a, const char *a_name, const ig_pieces *b,
                                   const char *b_name, ig_problems *notes, ig_error *err);
#endif
