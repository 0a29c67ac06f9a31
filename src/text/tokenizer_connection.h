// The last step in making a tokenizer: its parts are joined. For the files text/tokenizer*.c alone.
#ifndef IG_TEXT_TOKENIZER_CONNECTION_H
#define IG_TEXT_TOKENIZER_CONNECTION_H
#include "text/tokenizer_parts.h"

// Joins vocabularies, models and special tokens to the two sides, once all of them exist.
ig_status ig_tokenizer_connection_make(ig_tokenizer *tokenizer, const char *where, ig_error *err);
#endif
