// MarianMT as in Hugging Face transformers: post-norm layers, sinusoids in halves, tied output with
// a constant bias on the logits. The decoder starts with pad, whose embedding is zero and gets no
// gradient from look-ups.
#include "model/arch/bart_keys.h"
#include "model/arch/bart_rows.h"
#include "model/arch/family.h"

#include "base/fail.h"
#include "io/json.h"

#include "model/arch/marian_tokenizers.h"

// Keys that models of Marian itself have, which transformers passes over: the epsilon of the norms,
// and sinusoids whose last rate is 1/10000. transformers takes those from the tables in the file.
static const char eps_key[] = "layer_norm_eps", inclusive_key[] = "sinusoid_inclusive";
#define USUAL_EPS 1e-5f

static const ig_json_key keys[] = {
    IG_JSON_KEY("vocab_size", INT, vocab_size),
    IG_JSON_KEY("decoder_vocab_size", INT, target_vocab_size),
    IG_BART_KEYS,
    IG_JSON_OPTION("tie_word_embeddings", BOOL, tied_output),
    IG_JSON_OPTION("share_encoder_decoder_embeddings", BOOL, shared_embedding),
    IG_JSON_OPTION("init_std", FLOAT, init_std),
    IG_JSON_KEY("layer_norm_eps", FLOAT, encoder.norm.eps),
    IG_JSON_KEY("pad_token_id", ID, pad_id),
    IG_JSON_KEY("eos_token_id", IDS, eos_id),
    IG_JSON_KEY("bos_token_id", ID, bos_id),
    IG_JSON_KEY("decoder_start_token_id", ID, decoder_start_id),
    IG_JSON_KEY("forced_eos_token_id", IDS, forced_eos_id),
    {0},
};

static const ig_tensor_row tensors[] = {
    {IG_STACK_NONE, IG_PART_SHARED_EMBEDDING, false, "model.shared.weight", false,
     .alias = {"lm_head.weight", "model.encoder.embed_tokens.weight"}},
    {IG_STACK_NONE, IG_PART_SOURCE_EMBEDDING, false, "model.encoder.embed_tokens.weight", false,
     .alias = {"model.shared.weight"}},
    {IG_STACK_NONE, IG_PART_TARGET_EMBEDDING, false, "model.decoder.embed_tokens.weight", false,
     .alias = {"model.shared.weight", "lm_head.weight"}},
    IG_BART_ENCODER_ROWS,
    IG_BART_DECODER_ROWS,
    IG_ROW_WEIGHT(NONE, OUTPUT, "lm_head.weight"),
    // Older files leave it out.
    {IG_STACK_NONE, IG_PART_LOGITS_BIAS, true, "final_logits_bias", .optional = true},
    {IG_STACK_ENCODER, IG_PART_POSITIONS, false, "model.encoder.embed_positions.weight",
     .optional = true},
    {IG_STACK_DECODER, IG_PART_POSITIONS, false, "model.decoder.embed_positions.weight",
     .optional = true},
    IG_ROW_IGNORED("lm_head.weight"),
    // Where nothing is tied, transformers writes a shared table that it does not read.
    IG_ROW_IGNORED("model.shared.weight"),
    IG_ROW_COPY("model.encoder.embed_tokens.weight"),
    IG_ROW_COPY("model.decoder.embed_tokens.weight"),
    IG_ROW_IGNORED("model.encoder.embed_positions.weight"),
    IG_ROW_IGNORED("model.decoder.embed_positions.weight"),
    {0},
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

static ig_status complete(const json_t *json, const char *where, ig_config *c, ig_error *err) {
  bool inclusive;
  IG_TRY(ig_json_bool((ig_json_object){json, where}, inclusive_key, false, &inclusive, err));
  c->positions.kind = inclusive ? IG_POSITION_HALVES_INCLUSIVE : IG_POSITION_HALVES;
  c->positions.computed = !inclusive;
  ig_config_match_stacks(c);
  if (c->target_vocab_size == 0) c->target_vocab_size = c->vocab_size;
  ig_config_untie_tables(c);
  return IG_OK;
}

// Weights that were drawn in our own way say nothing about init_std: transformers keeps its
// default.
static void adjust_json(const ig_config *config, json_t *json) {
  if (!(config->init_std > 0)) json_object_del(json, "init_std");
  if (!(config->encoder.norm.eps < USUAL_EPS || config->encoder.norm.eps > USUAL_EPS))
    json_object_del(json, eps_key);
  if (!config->positions.computed) json_object_set_new(json, inclusive_key, json_true());
}

const ig_family ig_family_marian = {
    .name = "marian",
    .model_type = "marian",
    .architecture = "MarianMTModel",
    .tensors = tensors,
    .base_prefix = "model.",
    .tokenizers = ig_marian_tokenizers,
    .defaults =
        {
            // MarianConfig's own
            .vocab_size = 58101,
            .d_model = 1024,
            .encoder = {.layers = 12,
                        .self = {.heads = 16, .bias = true},
                        .feed_forward = {.inner = 4096,
                                         .activation = IG_ACTIVATION_GELU,
                                         .bias = true},
                        .norm = {.eps = USUAL_EPS, .bias = true},
                        .dropout = 0.1f},
            .decoder = {.layers = 12, .self = {.heads = 16}, .feed_forward = {.inner = 4096}},
            .positions = {.kind = IG_POSITION_HALVES, .count = 1024, .computed = true},
            .shared_embedding = true,
            .frozen_pad_embedding = true,
            .tied_output = true,
            .logits_bias = true,
            .pad_id = 58100,
            .eos_id = 0,
            .bos_id = -1,
            .decoder_start_id = 58100,
            .forced_eos_id = 0,
        },
    .keys = keys,
    .constants =
        "{\"model_type\": \"marian\", \"architectures\": [\"MarianMTModel\"], "
        "\"is_encoder_decoder\": true, "
        "\"static_position_embeddings\": true, \"use_cache\": true, "
        "\"encoder_layerdrop\": 0.0, \"decoder_layerdrop\": 0.0, \"dtype\": \"float32\"}",
    .training_defaults =
        "{\"d_model\": 256, \"encoder_layers\": 3, \"decoder_layers\": 3, "
        "\"encoder_attention_heads\": 4, "
        "\"decoder_attention_heads\": 4, \"encoder_ffn_dim\": 1024, \"decoder_ffn_dim\": 1024, "
        "\"activation_function\": \"relu\", "
        "\"max_position_embeddings\": 512, \"scale_embedding\": true}",
    .start_key = "decoder_start_token_id",
    .complete = complete,
    .adjust_json = adjust_json,
};
