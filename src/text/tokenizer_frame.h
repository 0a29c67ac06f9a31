// What stands beside the texts that an encoder is given: one text, or a pair.
#ifndef IG_TEXT_TOKENIZER_FRAME_H
#define IG_TEXT_TOKENIZER_FRAME_H
#include "text/ids.h"

// Special tokens and the token type of each, which the row of an embedding is added for.
typedef struct ig_frame_tokens {
  ig_ids ids, types;  // of equal counts
} ig_frame_tokens;
typedef struct ig_tokenizer_frame {
  // Before the first text, between it and the second, after the last one. Of one text `between` is
  // empty.
  ig_frame_tokens before, between, after;
  int first_type, second_type;                            // of all tokens of the texts themselves
} ig_tokenizer_frame;                                     // start from {0}; ig_tokenizer_frame_free
void ig_tokenizer_frame_free(ig_tokenizer_frame *frame);  // leaves {0}
ig_status ig_tokenizer_frame_add(ig_frame_tokens *tokens, int id, int type, ig_error *err);
ig_status ig_tokenizer_frame_add_all(ig_frame_tokens *tokens, const ig_frame_tokens *more,
                                     ig_error *err);
#endif
