#include "model/arch/encoder_tokenizers.h"

#include <stddef.h>

const ig_tokenizer_description *const ig_bert_tokenizers[] = {&ig_tokenizer_description_steps,
                                                              NULL};
const ig_tokenizer_description *const ig_roberta_tokenizers[] = {&ig_tokenizer_description_steps,
                                                                 NULL};
const ig_tokenizer_description *const ig_xlm_roberta_tokenizers[] = {
    &ig_tokenizer_description_steps, NULL};
