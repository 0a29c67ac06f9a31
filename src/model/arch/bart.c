// BART as in Hugging Face transformers: post-norm layers, a norm of the embedded rows, trained
// positions whose table has two rows before the first one's, tied output with a constant bias on
// the logits. The decoder starts with the end token.
#include "model/arch/bart_head_rows.h"
#include "model/arch/bart_keys.h"
#include "model/arch/bart_rows.h"
#include "model/arch/family.h"

static const ig_json_key keys[] = {
    IG_JSON_KEY("vocab_size", INT, vocab_size),
    IG_BART_KEYS,
    IG_JSON_OPTION("tie_word_embeddings", BOOL, tied_output),
    IG_JSON_OPTION("init_std", FLOAT, init_std),
    IG_JSON_KEY("pad_token_id", ID, pad_id),
    IG_JSON_KEY("bos_token_id", ID, bos_id),
    IG_JSON_KEY("eos_token_id", IDS, eos_id),
    IG_JSON_KEY("decoder_start_token_id", ID, decoder_start_id),
    IG_JSON_KEY("forced_eos_token_id", IDS, forced_eos_id),
    {0},
};

static const ig_tensor_row tensors[] = {
    IG_BART_EMBEDDING_ROWS,
    IG_ROW_WEIGHT(ENCODER, LEARNED_POSITIONS, "model.encoder.embed_positions.weight"),
    IG_ROWS(ENCODER, EMBEDDING_NORM, "model.encoder.layernorm_embedding"),
    IG_BART_ENCODER_ROWS,
    IG_ROW_WEIGHT(DECODER, LEARNED_POSITIONS, "model.decoder.embed_positions.weight"),
    IG_ROWS(DECODER, EMBEDDING_NORM, "model.decoder.layernorm_embedding"),
    IG_BART_DECODER_ROWS,
    IG_ROW_WEIGHT(NONE, OUTPUT, "lm_head.weight"),
    {IG_STACK_NONE, IG_PART_LOGITS_BIAS, true, "final_logits_bias", .optional = true},
    IG_BART_IGNORED_ROWS,
    {0},
};

static const ig_tokenizer_description *const tokenizers[] = {
    &ig_tokenizer_description_words,
    NULL,
};

static ig_status complete(const json_t *json, const char *where, ig_config *c, ig_error *err) {
  (void)json;
  (void)where;
  (void)err;
  ig_config_match_stacks(c);
  c->target_vocab_size = c->vocab_size;
  ig_config_untie_tables(c);
  return IG_OK;
}

const ig_family ig_family_bart = {
    .name = "bart",
    .model_type = "bart",
    .architecture = "BartForConditionalGeneration",
    .is_in_transformers = true,
    .tensors = tensors,
    .tokenizers = tokenizers,
    .defaults =
        {
            // BartConfig's own
            .vocab_size = 50265,
            .d_model = 1024,
            .encoder = {.layers = 12,
                        .self = {.heads = 16, .bias = true},
                        .feed_forward = {.inner = 4096,
                                         .activation = IG_ACTIVATION_GELU,
                                         .bias = true},
                        .norm = {.eps = 1e-5f, .bias = true},
                        .embedding_norm = true,
                        .dropout = 0.1f},
            .decoder = {.layers = 12, .self = {.heads = 16}, .feed_forward = {.inner = 4096}},
            .positions = {.kind = IG_POSITION_LEARNED, .count = 1024, .offset = 2},
            .shared_embedding = true,
            .frozen_pad_embedding = true,
            .tied_output = true,
            .logits_bias = true,
            .pad_id = 1,
            .eos_id = 2,
            .bos_id = 0,
            .decoder_start_id = 2,
            .forced_eos_id = 2,
            .init_std = 0.02f,
        },
    .keys = keys,
    .constants =
        "{\"model_type\": \"bart\", \"architectures\": [\"BartForConditionalGeneration\"], "
        "\"is_encoder_decoder\": true, \"use_cache\": true, "
        "\"encoder_layerdrop\": 0.0, \"decoder_layerdrop\": 0.0, \"dtype\": \"float32\"}",
    .training_defaults =
        "{\"d_model\": 256, \"encoder_layers\": 3, \"decoder_layers\": 3, "
        "\"encoder_attention_heads\": 4, \"decoder_attention_heads\": 4, "
        "\"encoder_ffn_dim\": 1024, \"decoder_ffn_dim\": 1024, "
        "\"max_position_embeddings\": 512}",
    .joint_vocabulary = true,
    .start_key = "decoder_start_token_id",
    .starts_with_eos = true,
    .complete = complete,
};
