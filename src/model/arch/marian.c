// MarianMT as in Hugging Face transformers: post-norm layers, sinusoids in halves, tied output with
// a constant bias on the logits. The decoder starts with pad, whose embedding is zero and gets no
// gradient from look-ups.
#include "model/arch/marian_shared.h"
#include "model/arch/marian_tokenizers.h"

static const ig_json_key keys[] = {IG_MARIAN_KEYS, {0}};

static const ig_tensor_row tensors[] = {
    IG_MARIAN_EMBEDDING_ROWS, IG_BART_ENCODER_ROWS, IG_BART_DECODER_ROWS, IG_MARIAN_LAST_ROWS, {0},
};

static const ig_tokenizer_description marian_tokenizer = {
    .kind = IG_TOKENIZER_PIECES,
    .class_names = (const char *const[]){"MarianTokenizer", NULL},
    .files = {.source_model = "source.spm",
              .target_model = "target.spm",
              .vocabulary = "vocab.json",
              .target_vocabulary = "target_vocab.json"},
    .special = {"</s>", "<unk>", "<pad>"},
};

const ig_tokenizer_description *const ig_marian_tokenizers[] = {
    &marian_tokenizer,
    &ig_tokenizer_description_words,
    NULL,
};

const ig_family ig_family_marian = {
    .name = "marian",
    .model_type = "marian",
    .architecture = "MarianMTModel",
    .tensors = tensors,
    .base_prefix = "model.",
    .tokenizers = ig_marian_tokenizers,
    .defaults = {IG_MARIAN_DEFAULTS},
    .keys = keys,
    .constants = IG_MARIAN_CONSTANTS("marian", "MarianMTModel"),
    .training_defaults = ig_marian_shared_training_defaults,
    .start_key = "decoder_start_token_id",
    .complete = ig_marian_shared_complete,
    .adjust_json = ig_marian_shared_adjust_json,
};
