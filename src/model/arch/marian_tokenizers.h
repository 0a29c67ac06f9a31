// The tokenizers that directories of MarianMT hold, and those of other families that Ingot writes
// with the same files.
#ifndef IG_MODEL_ARCH_MARIAN_TOKENIZERS_H
#define IG_MODEL_ARCH_MARIAN_TOKENIZERS_H
#include "text/tokenizer_description.h"

extern const ig_tokenizer_description *const ig_marian_tokenizers[];  // NULL-terminated
#endif
