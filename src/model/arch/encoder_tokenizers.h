// The tokenizers of encoders, for their families. Each list has those of all of them, the family's
// own first: models are published with the tokenizers of others (a MiniLM of BERT's layers has
// XLM-R's). NULL-terminated.
#ifndef IG_MODEL_ARCH_ENCODER_TOKENIZERS_H
#define IG_MODEL_ARCH_ENCODER_TOKENIZERS_H
#include "text/tokenizer_description.h"

// Of BERT, DistilBERT, ELECTRA, MiniLM.
extern const ig_tokenizer_description *const ig_encoder_tokenizers_word_pieces[];
extern const ig_tokenizer_description *const ig_encoder_tokenizers_roberta[];
extern const ig_tokenizer_description *const ig_encoder_tokenizers_xlm_roberta[];
extern const ig_tokenizer_description *const ig_encoder_tokenizers_camembert[];
extern const ig_tokenizer_description *const ig_encoder_tokenizers_albert[];
#endif
