// mT5 as in Hugging Face transformers: T5 v1.1 with a vocabulary for 101 languages. Its output is
// never divided by sqrt(d_model), tied or not.
#include "model/arch/t5_shared.h"

static const ig_json_key keys[] = {IG_T5_KEYS, {0}};

const ig_family ig_family_mt5 = {
    .name = "mt5",
    .model_type = "mt5",
    .architecture = "MT5ForConditionalGeneration",
    .tensors = ig_t5_shared_tensors,
    .tokenizers = ig_t5_tokenizers,
    .defaults = {.vocab_size = 250112,
                 IG_T5_DEFAULTS(8, 6, 1024, .activation = IG_ACTIVATION_GELU_TANH, .gated = true)},
    .keys = keys,
    .constants = IG_T5_CONSTANTS("mt5", "MT5ForConditionalGeneration"),
    .training_defaults = ig_t5_shared_training_defaults,
    .joint_vocabulary = true,
    .start_key = "decoder_start_token_id",
    .complete = ig_t5_shared_complete,
    .initialize = ig_t5_shared_initialize,
};
