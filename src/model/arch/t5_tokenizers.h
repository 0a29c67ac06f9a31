// The tokenizers of T5 and of ByT5, for families whose directories have the same files.
#ifndef IG_MODEL_ARCH_T5_TOKENIZERS_H
#define IG_MODEL_ARCH_T5_TOKENIZERS_H
#include "text/tokenizer_description.h"

extern const ig_tokenizer_description *const ig_t5_tokenizers[];  // NULL-terminated
#endif
