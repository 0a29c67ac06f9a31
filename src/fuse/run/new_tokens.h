// Tokens that a fusion adds to a tokenizer.json.
#ifndef IG_FUSE_RUN_NEW_TOKENS_H
#define IG_FUSE_RUN_NEW_TOKENS_H
#include "fuse/plan/alignment.h"

// Adds the alignment's new tokens to the tokenizer that was copied to the directory: to
// tokenizer.json, to the added_tokens_decoder of tokenizer_config.json, and to added_tokens.json,
// if the last two exist.
ig_status ig_new_tokens_write(const ig_alignment *alignment, const char *directory, ig_error *err);
#endif
