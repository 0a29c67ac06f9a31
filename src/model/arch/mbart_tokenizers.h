// The tokenizers of mBART and mBART-50.
#ifndef IG_MODEL_ARCH_MBART_TOKENIZERS_H
#define IG_MODEL_ARCH_MBART_TOKENIZERS_H
#include "text/tokenizer_description.h"

extern const ig_tokenizer_description *const ig_mbart_tokenizers[];  // NULL-terminated
#endif
