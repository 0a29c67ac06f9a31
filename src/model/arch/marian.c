// MarianMT as in Hugging Face transformers: post-norm layers, sinusoids in halves, tied output with
// a constant bias on the logits. The decoder starts with pad, whose embedding is zero and gets no
// gradient from look-ups.
#include "model/arch/family.h"
#include "model/arch/keys.h"

#include <string.h>

#include "base/fail.h"

static const ig_config_key keys[] = {
    IG_KEY("vocab_size", IG_KEY_INT, vocab_size),
    IG_KEY("decoder_vocab_size", IG_KEY_INT, target_vocab_size),
    IG_KEY("d_model", IG_KEY_INT, d_model),
    IG_KEY("encoder_layers", IG_KEY_INT, encoder_layers),
    IG_KEY("decoder_layers", IG_KEY_INT, decoder_layers),
    IG_KEY("encoder_attention_heads", IG_KEY_INT, encoder_heads),
    IG_KEY("decoder_attention_heads", IG_KEY_INT, decoder_heads),
    IG_KEY("encoder_ffn_dim", IG_KEY_INT, encoder_ffn),
    IG_KEY("decoder_ffn_dim", IG_KEY_INT, decoder_ffn),
    IG_KEY("activation_function", IG_KEY_ACTIVATION, activation),
    IG_KEY("dropout", IG_KEY_FLOAT, dropout),
    IG_KEY("attention_dropout", IG_KEY_FLOAT, attention_dropout),
    IG_KEY("activation_dropout", IG_KEY_FLOAT, activation_dropout),
    IG_KEY("max_position_embeddings", IG_KEY_INT, max_positions),
    IG_KEY("scale_embedding", IG_KEY_BOOL, scale_embedding),
    IG_KEY("share_encoder_decoder_embeddings", IG_KEY_BOOL, shared_embedding),
    IG_KEY("init_std", IG_KEY_FLOAT, init_std),
    IG_KEY("pad_token_id", IG_KEY_ID, pad_id),
    IG_KEY("eos_token_id", IG_KEY_ID, eos_id),
    IG_KEY("bos_token_id", IG_KEY_ID, bos_id),
    IG_KEY("decoder_start_token_id", IG_KEY_ID, decoder_start_id),
    IG_KEY("forced_eos_token_id", IG_KEY_ID, forced_eos_id),
    {0},
};

static const char *const settable[] = {"d_model",
                                       "encoder_layers",
                                       "decoder_layers",
                                       "encoder_attention_heads",
                                       "decoder_attention_heads",
                                       "encoder_ffn_dim",
                                       "decoder_ffn_dim",
                                       "activation_function",
                                       "dropout",
                                       "attention_dropout",
                                       "activation_dropout",
                                       "max_position_embeddings",
                                       "scale_embedding",
                                       "share_encoder_decoder_embeddings",
                                       "init_std",
                                       NULL};

static const char *const aliases[] = {"model.shared.weight",
                                      "lm_head.weight",
                                      "model.shared.weight",
                                      "model.encoder.embed_tokens.weight",
                                      "model.decoder.embed_tokens.weight",
                                      "lm_head.weight",
                                      NULL};
static const char *const ignored[] = {"lm_head.weight",
                                      "model.encoder.embed_tokens.weight",
                                      "model.decoder.embed_tokens.weight",
                                      "model.encoder.embed_positions.weight",
                                      "model.decoder.embed_positions.weight",
                                      NULL};

static ig_status from_json(const json_t *config, const char *where, ig_config *out, ig_error *err) {
  *out = (ig_config){
      // MarianConfig's own defaults
      .family = "marian",
      .vocab_size = 58101,
      .d_model = 1024,
      .encoder_layers = 12,
      .decoder_layers = 12,
      .encoder_heads = 16,
      .decoder_heads = 16,
      .encoder_ffn = 4096,
      .decoder_ffn = 4096,
      .dropout = 0.1f,
      .norm = IG_NORM_LAYER,
      .norm_eps = 1e-5f,
      .bias = true,
      .logits_bias = true,
      .activation = IG_ACTIVATION_GELU,
      .positions = IG_POSITIONS_HALVES,
      .max_positions = 1024,
      .shared_embedding = true,
      .tied_output = true,
      .pad_id = 58100,
      .eos_id = 0,
      .bos_id = -1,
      .decoder_start_id = 58100,
      .forced_eos_id = 0,
      .frozen_pad_embedding = true,
  };
  IG_TRY(ig_keys_read(keys, config, where, out, err));
  if (out->target_vocab_size == 0) out->target_vocab_size = out->vocab_size;
  if (json_is_false(json_object_get(config, "tie_word_embeddings")))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: tie_word_embeddings: false is not built for this family", where);
  return IG_OK;
}

static json_t *to_json(const ig_config *config) {
  json_t *object =
      json_pack("{s:s, s:[s], s:b, s:b, s:b, s:b, s:f, s:f, s:s}", "model_type", "marian",
                "architectures", "MarianMTModel", "is_encoder_decoder", 1, "tie_word_embeddings", 1,
                "static_position_embeddings", 1, "use_cache", 1, "encoder_layerdrop", 0.0,
                "decoder_layerdrop", 0.0, "dtype", "float32");
  if (!object || ig_keys_write(keys, config, object) != 0) {
    json_decref(object);
    return NULL;
  }
  if (!(config->init_std > 0))
    json_object_del(object,
                    "init_std");  // initialised in our own way: let transformers keep its default
  return object;
}

const ig_family ig_family_marian = {
    .name = "marian",
    .model_type = "marian",
    .architecture = "MarianMTModel",
    .names =
        {
            .shared_embedding = "model.shared.weight",
            .source_embedding = "model.encoder.embed_tokens.weight",
            .target_embedding = "model.decoder.embed_tokens.weight",
            .encoder_layer = "model.encoder.layers.%d.",
            .decoder_layer = "model.decoder.layers.%d.",
            .self_attention = {.weight = {"self_attn.q_proj.weight", "self_attn.k_proj.weight",
                                          "self_attn.v_proj.weight"},
                               .bias = {"self_attn.q_proj.bias", "self_attn.k_proj.bias",
                                        "self_attn.v_proj.bias"},
                               .out_weight = "self_attn.out_proj.weight",
                               .out_bias = "self_attn.out_proj.bias"},
            .cross_attention = {.weight = {"encoder_attn.q_proj.weight",
                                           "encoder_attn.k_proj.weight",
                                           "encoder_attn.v_proj.weight"},
                                .bias = {"encoder_attn.q_proj.bias", "encoder_attn.k_proj.bias",
                                         "encoder_attn.v_proj.bias"},
                                .out_weight = "encoder_attn.out_proj.weight",
                                .out_bias = "encoder_attn.out_proj.bias"},
            .inner = "fc1",
            .outer = "fc2",
            .encoder_self_norm = "self_attn_layer_norm",
            .encoder_feed_forward_norm = "final_layer_norm",
            .decoder_self_norm = "self_attn_layer_norm",
            .decoder_cross_norm = "encoder_attn_layer_norm",
            .decoder_feed_forward_norm = "final_layer_norm",
            .logits_bias = "final_logits_bias",
            .aliases = aliases,
            .ignored = ignored,
        },
    .keys = settable,
    .training_defaults =
        "{\"d_model\": 256, \"encoder_layers\": 3, \"decoder_layers\": 3, "
        "\"encoder_attention_heads\": 4, "
        "\"decoder_attention_heads\": 4, \"encoder_ffn_dim\": 1024, \"decoder_ffn_dim\": 1024, "
        "\"activation_function\": \"relu\", "
        "\"max_position_embeddings\": 512, \"scale_embedding\": true}",
    .from_json = from_json,
    .to_json = to_json,
};
