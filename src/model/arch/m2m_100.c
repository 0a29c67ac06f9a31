// M2M-100, NLLB and SMaLL-100 as in Hugging Face transformers: pre-norm layers, a norm after the
// last layer of both stacks, sinusoids in halves with fairseq's exponents, which count from the id
// after pad's, tied output without a bias. The decoder starts with the end token, and the language
// comes second.
#include "model/arch/bart_head_rows.h"
#include "model/arch/bart_rows.h"
#include "model/arch/bart_shared.h"
#include "model/arch/family.h"
#include "model/arch/nllb_tokenizer.h"

static const ig_tensor_row tensors[] = {
    IG_BART_EMBEDDING_ROWS,
    IG_BART_ENCODER_ROWS,
    IG_ROWS(ENCODER, FINAL_NORM, "model.encoder.layer_norm"),
    IG_BART_DECODER_ROWS,
    IG_ROWS(DECODER, FINAL_NORM, "model.decoder.layer_norm"),
    IG_ROW_WEIGHT(NONE, OUTPUT, "lm_head.weight"),
    // A computed table, which old files hold.
    IG_ROW_IGNORED("model.encoder.embed_positions.weights"),
    IG_ROW_IGNORED("model.decoder.embed_positions.weights"),
    IG_BART_IGNORED_ROWS,
    {0},
};

static const char *const codes[] = {
    "af", "am", "ar", "ast", "az", "ba", "be", "bg", "bn", "br",  "bs", "ca", "ceb", "cs", "cy",
    "da", "de", "el", "en",  "es", "et", "fa", "ff", "fi", "fr",  "fy", "ga", "gd",  "gl", "gu",
    "ha", "he", "hi", "hr",  "ht", "hu", "hy", "id", "ig", "ilo", "is", "it", "ja",  "jv", "ka",
    "kk", "km", "kn", "ko",  "lb", "lg", "ln", "lo", "lt", "lv",  "mg", "mk", "ml",  "mn", "mr",
    "ms", "my", "ne", "nl",  "no", "ns", "oc", "or", "pa", "pl",  "ps", "pt", "ro",  "ru", "sd",
    "si", "sk", "sl", "so",  "sq", "sr", "ss", "su", "sv", "sw",  "ta", "th", "tl",  "tn", "tr",
    "uk", "ur", "uz", "vi",  "wo", "xh", "yi", "yo", "zh", "zu",  NULL};
static const ig_tokenizer_languages languages = {
    .codes = codes, .token_format = "__%s__", .default_source = "en"};

static const ig_tokenizer_description m2m_100_tokenizer = {
    .kind = IG_TOKENIZER_PIECES,
    .class_names = (const char *const[]){"M2M100Tokenizer", NULL},
    .files = {.source_model = "sentencepiece.bpe.model",
              .target_model = "sentencepiece.bpe.model",
              .vocabulary = "vocab.json",
              .target_vocabulary = "target_vocab.json"},
    .special = {"</s>", "<unk>", "<pad>"},
    .more_special = (const char *const[]){"<s>", NULL},
    .languages = &languages,
};

static const ig_tokenizer_description *const tokenizers[] = {
    &m2m_100_tokenizer,
    &ig_nllb_tokenizer,
    &ig_tokenizer_description_words,
    NULL,
};

static ig_status complete(const json_t *json, const char *where, ig_config *c, ig_error *err) {
  // PyTorch's table has a row of zeros for pad; the first token takes the row after it.
  c->positions.offset = c->pad_id + 1;
  return ig_bart_shared_complete(json, where, c, err);
}

const ig_family ig_family_m2m_100 = {
    .name = "m2m_100",
    .model_type = "m2m_100",
    .architecture = "M2M100ForConditionalGeneration",
    .tensors = tensors,
    .base_prefix = "model.",
    .tokenizers = tokenizers,
    .defaults =
        {
            // M2M100Config's own
            .vocab_size = 128112,
            .d_model = 1024,
            .encoder = {.layers = 12,
                        .self = {.heads = 16, .bias = true, .dropout = 0.1f},
                        .feed_forward = {.inner = 4096,
                                         .activation = IG_ACTIVATION_RELU,
                                         .bias = true},
                        .norm = {.eps = 1e-5f, .bias = true},
                        .pre_norm = true,
                        .final_norm = true,
                        .dropout = 0.1f},
            .decoder = {.layers = 12, .self = {.heads = 16}, .feed_forward = {.inner = 4096}},
            .positions = {.kind = IG_POSITION_HALVES_INCLUSIVE, .count = 1024, .offset = 2},
            .scale_embedding = true,
            .shared_embedding = true,
            .frozen_pad_embedding = true,
            .tied_output = true,
            .pad_id = 1,
            .eos_id = 2,
            .bos_id = 0,
            .decoder_start_id = 2,
            .forced_eos_id = -1,
            .init_std = 0.02f,
        },
    .keys = ig_bart_shared_keys,
    .constants = IG_BART_SHARED_CONSTANTS("m2m_100", "M2M100ForConditionalGeneration"),
    .training_defaults = ig_bart_shared_training_defaults,
    .joint_vocabulary = true,
    .start_key = "decoder_start_token_id",
    .starts_with_eos = true,
    .complete = complete,
};
