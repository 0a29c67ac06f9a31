// XLM-RoBERTa   (Conneau et al. 2020): RoBERTa with a vocabulary of a hundred languages.
#include <stddef.h>

#include "model/arch/roberta.h"

static const ig_tokenizer_description *const tokenizers[] = {&ig_tokenizer_description_steps, NULL};

const ig_family ig_family_xlm_roberta =
    IG_ROBERTA_FAMILY("xlm-roberta", "XLMRobertaModel", tokenizers);
