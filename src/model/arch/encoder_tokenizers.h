// The tokenizers of the families of encoders.
#ifndef IG_MODEL_ARCH_ENCODER_TOKENIZERS_H
#define IG_MODEL_ARCH_ENCODER_TOKENIZERS_H
#include "text/tokenizer_description.h"

// NULL-terminated.
extern const ig_tokenizer_description *const ig_bert_tokenizers[];
extern const ig_tokenizer_description *const ig_roberta_tokenizers[];
extern const ig_tokenizer_description *const ig_xlm_roberta_tokenizers[];
#endif
