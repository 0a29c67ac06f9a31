// The tokenizers of encoders (BERT and its kin), for families whose directories have their files.
#ifndef IG_MODEL_ARCH_ENCODER_TOKENIZERS_H
#define IG_MODEL_ARCH_ENCODER_TOKENIZERS_H
#include "text/tokenizer_description.h"

// NULL-terminated.
extern const ig_tokenizer_description *const ig_encoder_tokenizers_word_pieces[];  // BERT, ELECTRA
#endif
