// XLM-RoBERTa   (Conneau et al. 2020): RoBERTa with a vocabulary of a hundred languages.
#include "model/arch/encoder_tokenizers.h"
#include "model/arch/roberta.h"

const ig_family ig_family_xlm_roberta =
    IG_ROBERTA_FAMILY("xlm-roberta", "XLMRobertaModel", ig_encoder_tokenizers_xlm_roberta);
