// Where tokens of byte-level tokenizers come from: their places without the spaces at the ends. For
// the files text/tokenizer*.c alone.
#ifndef IG_TEXT_TOKENIZER_PLACES_H
#define IG_TEXT_TOKENIZER_PLACES_H
#include "text/tokenizer_encoding.h"

// The place of a token of the text without as many characters at its ends as the token's piece has
// spaces there, as Hugging Face tokenizers 0.23 counts them (pre_tokenizers/byte_level.rs,
// process_offsets). An added token's piece is the text that it has taken.
ig_source_range ig_tokenizer_places_trim(const ig_tokenizer_encoding *encoding, int id,
                                         ig_source_range place);
#endif
