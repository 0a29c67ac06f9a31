// The pieces of a source that its vocabulary lacks, as text.
#ifndef IG_PIPELINE_UNKNOWN_PIECES_H
#define IG_PIPELINE_UNKNOWN_PIECES_H
#include "text/tokenizer.h"

// Start from {0}; ig_unknown_pieces_free.
typedef struct ig_unknown_pieces {
  char **list;  // (count): of each <unk> among the ids, in their order
  size_t count, capacity;
} ig_unknown_pieces;

// Those of a text that became ids before; fewer ids: it was truncated. If the text itself spells
// <unk>, none are found, for nobody knows which is which.
ig_status ig_unknown_pieces_find(const ig_tokenizer *tokenizer, const ig_side_text *text,
                                 const ig_ids *ids, ig_unknown_pieces *out, ig_error *err);
void ig_unknown_pieces_free(ig_unknown_pieces *pieces);
#endif
