// The tokenizers of BART, for families whose directories have the same files.
#ifndef IG_MODEL_ARCH_BART_TOKENIZERS_H
#define IG_MODEL_ARCH_BART_TOKENIZERS_H
#include "text/tokenizer_description.h"

extern const ig_tokenizer_description *const ig_bart_tokenizers[];  // NULL-terminated
#endif
