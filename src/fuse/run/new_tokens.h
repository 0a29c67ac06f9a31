// A tokenizer.json to which a fusion adds tokens or pieces.
#ifndef IG_FUSE_RUN_NEW_TOKENS_H
#define IG_FUSE_RUN_NEW_TOKENS_H
#include "fuse/plan/alignment.h"

// Writes the alignment's tokenizer.json in the place of the one that was copied to the directory,
// and adds its new tokens to the added_tokens_decoder of tokenizer_config.json and to
// added_tokens.json, if these exist.
ig_status ig_new_tokens_write(const ig_alignment *alignment, const char *directory, ig_error *err);
#endif
