// CamemBERT   (Martin et al. 2020): RoBERTa for French, with a tokenizer of SentencePiece.
#include "model/arch/encoder_tokenizers.h"
#include "model/arch/roberta.h"

const ig_family ig_family_camembert =
    IG_ROBERTA_FAMILY("camembert", "CamembertModel", ig_encoder_tokenizers_camembert);
