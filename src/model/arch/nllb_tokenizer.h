// The tokenizer of NLLB-200.
#ifndef IG_MODEL_ARCH_NLLB_TOKENIZER_H
#define IG_MODEL_ARCH_NLLB_TOKENIZER_H
#include "text/tokenizer_description.h"

extern const ig_tokenizer_description ig_nllb_tokenizer;
#endif
