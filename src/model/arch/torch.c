// The module that PyTorch users write by hand: nn.Embedding (one for both sides), sinusoidal
// PositionalEncoding, nn.Transformer, nn.Linear. nn.Transformer keeps a final norm on both stacks
// whether norm_first or not, and drops attention probabilities and hidden activations too.
#include "model/arch/family.h"

#include <string.h>

#include "base/fail.h"

static const ig_json_key keys[] = {
    IG_JSON_KEY("vocab_size", INT, vocab_size),
    IG_JSON_OPTION("d_model", INT, d_model),
    IG_JSON_OPTION("nhead", INT, encoder.self.heads),
    IG_JSON_OPTION("num_encoder_layers", INT, encoder.layers),
    IG_JSON_OPTION("num_decoder_layers", INT, decoder.layers),
    IG_JSON_OPTION("dim_feedforward", INT, encoder.feed_forward.inner),
    IG_JSON_OPTION("dropout", FLOAT, encoder.dropout),
    IG_JSON_OPTION("activation", ACTIVATION, encoder.feed_forward.activation),
    IG_JSON_OPTION("norm_first", BOOL, encoder.pre_norm),
    IG_JSON_OPTION("layer_norm_eps", FLOAT, encoder.norm.eps),
    IG_JSON_OPTION("bias", BOOL, encoder.self.bias),
    IG_JSON_OPTION("scale_embedding", BOOL, scale_embedding),
    IG_JSON_KEY("pad_token_id", ID, pad_id),
    IG_JSON_KEY("bos_token_id", ID, bos_id),
    IG_JSON_KEY("eos_token_id", ID, eos_id),
    {0},
};

static const char *const ignored[] = {"pos_encoder.pe", NULL};

// nn.Transformer has one value for both stacks, and drops whatever can be dropped with the same
// probability.
static void follow_keys(ig_config *c) {
  const float dropout = c->encoder.dropout;
  c->target_vocab_size = c->vocab_size;
  c->decoder.self.heads = c->encoder.self.heads;
  c->decoder.feed_forward.inner = c->encoder.feed_forward.inner;
  ig_config_match_stacks(c);
  ig_config_set_dropouts(c, (ig_dropouts){dropout, dropout, dropout});
  ig_config_set_bias(c, c->encoder.self.bias);
  c->decoder_start_id = c->bos_id;
}

static ig_status complete(const json_t *json, const char *where, ig_config *config, ig_error *err) {
  (void)json;
  (void)where;
  (void)err;
  follow_keys(config);
  return IG_OK;
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
    .defaults =
        {
            // nn.Transformer's own; special ids: pad 0, bos 1, eos 2
            .d_model = 512,
            .encoder = {.layers = 6,
                        .self = {.heads = 8, .bias = true},
                        .feed_forward = {.inner = 2048, .activation = IG_ACTIVATION_RELU},
                        .norm = {.eps = 1e-5f},
                        .final_norm = true,
                        .dropout = 0.1f},
            .decoder = {.layers = 6},
            .positions = {.kind = IG_POSITION_INTERLEAVED},
            .shared_embedding = true,
            .output_bias = true,
            .pad_id = 0,
            .bos_id = 1,
            .eos_id = 2,
            .forced_eos_id = -1,
        },
    .keys = keys,
    .constants = "{\"model_type\": \"torch-transformer\"}",
    .training_defaults =
        "{\"d_model\": 256, \"nhead\": 4, \"num_encoder_layers\": 3, \"num_decoder_layers\": 3, "
        "\"dim_feedforward\": 1024}",
    .complete = complete,
};

ig_torch_options ig_torch_options_default(void) {
  const ig_config *c = &ig_family_torch.defaults;
  return (ig_torch_options){.d_model = c->d_model,
                            .nhead = c->encoder.self.heads,
                            .num_encoder_layers = c->encoder.layers,
                            .num_decoder_layers = c->decoder.layers,
                            .dim_feedforward = c->encoder.feed_forward.inner,
                            .dropout = c->encoder.dropout,
                            .activation = "relu"};
}

ig_status ig_config_torch(const ig_torch_options *options, ig_config **out, ig_error *err) {
  *out = NULL;
  IG_TRY(ig_fail_if_null(options, "options", err));
  ig_config c = ig_family_torch.defaults;
  c.family = &ig_family_torch;
  c.vocab_size = options->vocab_size;
  c.d_model = options->d_model;
  c.encoder.self.heads = options->nhead;
  c.encoder.layers = options->num_encoder_layers;
  c.decoder.layers = options->num_decoder_layers;
  c.encoder.feed_forward.inner = options->dim_feedforward;
  c.encoder.dropout = options->dropout;
  c.encoder.pre_norm = options->norm_first;
  if (options->activation)
    IG_TRY(ig_json_keys_activation(options->activation, "configuration: activation",
                                   &c.encoder.feed_forward.activation, err));
  follow_keys(&c);
  return ig_config_keep(&c, "configuration", out, err);
}
