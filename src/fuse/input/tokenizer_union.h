// The union of tokenizers of a tokenizer.json: all pieces, merges and added tokens of all, in a
// file that cuts text as one of them does where the others add nothing. docs/decisions/
// united-tokenizers.md says why so.
#ifndef IG_FUSE_INPUT_TOKENIZER_UNION_H
#define IG_FUSE_INPUT_TOKENIZER_UNION_H
#include "base/problems.h"
#include "fuse/input/pieces.h"

// A tokenizer that others are united with. Its pieces keep their ids, others follow.
typedef struct ig_tokenizer_union {
  ig_pieces *output;   // with a tokenizer, which is replaced, not changed
  const char *name;    // its directory, for messages
  json_t *new_tokens;  // entries of added tokens that it got, in their order; NULL: none
  bool has_new_text;   // its model got pieces or merges, so that other files do not fit
  json_t *scores;      // of new pieces, where pieces have some
  json_t *merges;      // all merges, where they are more than the file's; NULL: as in the file
  ig_vocabulary known_merges;
} ig_tokenizer_union;  // start from {output, name}; ig_tokenizer_union_free

// Adds what the other has and the output lacks; they fit. Notes tell of added tokens that the two
// treat in different ways.
ig_status ig_tokenizer_union_add(ig_tokenizer_union *u, const ig_pieces *other,
                                 const char *other_name, ig_problems *notes, ig_error *err);
// Adds a token that text is cut at, with the flags of an entry; like NULL: none of them.
ig_status ig_tokenizer_union_add_token(ig_tokenizer_union *u, const char *text, const json_t *like,
                                       ig_error *err);
// Makes the output's tokenizer the united one.
ig_status ig_tokenizer_union_finish(ig_tokenizer_union *u, ig_error *err);
void ig_tokenizer_union_free(ig_tokenizer_union *u);
#endif
