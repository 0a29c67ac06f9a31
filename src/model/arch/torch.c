// The module that PyTorch users write by hand: nn.Embedding (one for both sides), sinusoidal
// PositionalEncoding, nn.Transformer, nn.Linear. nn.Transformer keeps a final norm on both stacks
// whether norm_first or not, and drops attention probabilities and hidden activations too.
#include "model/arch/family.h"
#include "model/arch/keys.h"

#include <string.h>

#include "base/fail.h"

static const ig_config_key keys[] = {
    IG_KEY("vocab_size", IG_KEY_INT, vocab_size),
    IG_KEY("d_model", IG_KEY_INT, d_model),
    IG_KEY("nhead", IG_KEY_INT, encoder_heads),
    IG_KEY("num_encoder_layers", IG_KEY_INT, encoder_layers),
    IG_KEY("num_decoder_layers", IG_KEY_INT, decoder_layers),
    IG_KEY("dim_feedforward", IG_KEY_INT, encoder_ffn),
    IG_KEY("dropout", IG_KEY_FLOAT, dropout),
    IG_KEY("activation", IG_KEY_ACTIVATION, activation),
    IG_KEY("norm_first", IG_KEY_BOOL, pre_norm),
    IG_KEY("layer_norm_eps", IG_KEY_FLOAT, norm_eps),
    IG_KEY("bias", IG_KEY_BOOL, bias),
    IG_KEY("scale_embedding", IG_KEY_BOOL, scale_embedding),
    IG_KEY("pad_token_id", IG_KEY_ID, pad_id),
    IG_KEY("bos_token_id", IG_KEY_ID, bos_id),
    IG_KEY("eos_token_id", IG_KEY_ID, eos_id),
    {0},
};

static const char *const settable[] = {
    "d_model",         "nhead",   "num_encoder_layers", "num_decoder_layers",
    "dim_feedforward", "dropout", "activation",         "norm_first",
    "layer_norm_eps",  "bias",    "scale_embedding",    NULL};

static const char *const ignored[] = {"pos_encoder.pe", NULL};

static ig_status from_json(const json_t *config, const char *where, ig_config *out, ig_error *err) {
  *out = ig_config_torch(0, 512, 8, 6, 6, 2048, 0.1f);  // nn.Transformer's defaults
  IG_TRY(ig_keys_read(keys, config, where, out, err));
  out->target_vocab_size = out->vocab_size;
  out->decoder_heads = out->encoder_heads;
  out->decoder_ffn = out->encoder_ffn;
  out->attention_dropout = out->activation_dropout = out->dropout;
  out->decoder_start_id = out->bos_id;
  return IG_OK;
}

static json_t *to_json(const ig_config *config) {
  json_t *object = json_pack("{s:s}", "model_type", "torch-transformer");
  if (!object || ig_keys_write(keys, config, object) == 0) return object;
  json_decref(object);
  return NULL;
}

const ig_family ig_family_torch = {
    .name = "torch",
    .model_type = "torch-transformer",
    .architecture = "Transformer",
    .names =
        {
            .shared_embedding = "embedding.weight",
            .encoder_layer = "transformer.encoder.layers.%d.",
            .decoder_layer = "transformer.decoder.layers.%d.",
            .self_attention = {.in_proj_weight = "self_attn.in_proj_weight",
                               .in_proj_bias = "self_attn.in_proj_bias",
                               .out_weight = "self_attn.out_proj.weight",
                               .out_bias = "self_attn.out_proj.bias"},
            .cross_attention = {.in_proj_weight = "multihead_attn.in_proj_weight",
                                .in_proj_bias = "multihead_attn.in_proj_bias",
                                .out_weight = "multihead_attn.out_proj.weight",
                                .out_bias = "multihead_attn.out_proj.bias"},
            .inner = "linear1",
            .outer = "linear2",
            .encoder_self_norm = "norm1",
            .encoder_feed_forward_norm = "norm2",
            .decoder_self_norm = "norm1",
            .decoder_cross_norm = "norm2",
            .decoder_feed_forward_norm = "norm3",
            .encoder_norm = "transformer.encoder.norm",
            .decoder_norm = "transformer.decoder.norm",
            .output = "fc",
            .ignored = ignored,
        },
    .keys = settable,
    .training_defaults =
        "{\"d_model\": 256, \"nhead\": 4, \"num_encoder_layers\": 3, \"num_decoder_layers\": 3, "
        "\"dim_feedforward\": 1024}",
    .from_json = from_json,
    .to_json = to_json,
};
