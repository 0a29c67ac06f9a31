// The module that PyTorch users write by hand: nn.Embedding (one for both sides), sinusoidal
// PositionalEncoding, nn.Transformer, nn.Linear. nn.Transformer keeps a final norm on both stacks
// whether norm_first or not, and drops attention probabilities and hidden activations too.
#include "model/arch/family.h"

#include <math.h>

#include "base/fail.h"
#include "model/arch/marian_tokenizers.h"
#include "model/arch/initialize.h"

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
    IG_JSON_KEY("eos_token_id", IDS, eos_id),
    {0},
};

#define ATTENTION_ROWS(stack, part, name)                           \
  IG_ROW_WEIGHT(stack, part##_PROJECTIONS, name ".in_proj_weight"), \
      IG_ROW_BIAS(stack, part##_PROJECTIONS, name ".in_proj_bias"), \
      IG_ROWS(stack, part##_OUTPUT, name ".out_proj")
#define ENCODER_LAYER "transformer.encoder.layers.%d."
#define DECODER_LAYER "transformer.decoder.layers.%d."

static const ig_tensor_row tensors[] = {
    IG_ROW_WEIGHT(NONE, SHARED_EMBEDDING, "embedding.weight"),
    ATTENTION_ROWS(ENCODER, SELF, ENCODER_LAYER "self_attn"),
    IG_ROWS(ENCODER, SELF_NORM, ENCODER_LAYER "norm1"),
    IG_ROWS(ENCODER, INNER, ENCODER_LAYER "linear1"),
    IG_ROWS(ENCODER, OUTER, ENCODER_LAYER "linear2"),
    IG_ROWS(ENCODER, FEED_FORWARD_NORM, ENCODER_LAYER "norm2"),
    IG_ROWS(ENCODER, FINAL_NORM, "transformer.encoder.norm"),
    ATTENTION_ROWS(DECODER, SELF, DECODER_LAYER "self_attn"),
    IG_ROWS(DECODER, SELF_NORM, DECODER_LAYER "norm1"),
    ATTENTION_ROWS(DECODER, CROSS, DECODER_LAYER "multihead_attn"),
    IG_ROWS(DECODER, CROSS_NORM, DECODER_LAYER "norm2"),
    IG_ROWS(DECODER, INNER, DECODER_LAYER "linear1"),
    IG_ROWS(DECODER, OUTER, DECODER_LAYER "linear2"),
    IG_ROWS(DECODER, FEED_FORWARD_NORM, DECODER_LAYER "norm3"),
    IG_ROWS(DECODER, FINAL_NORM, "transformer.decoder.norm"),
    IG_ROWS(NONE, OUTPUT, "fc"),
    IG_ROW_IGNORED("pos_encoder.pe"),
    {0},
};

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

// As nn.Transformer does: the embedding N(0, 1); matrices of the stacks Xavier uniform, in_proj as
// one (3d, d) matrix; biases of attention 0; biases of linear1 and linear2, and weight and bias of
// the output layer, uniform within 1/sqrt(fan_in).
static void initialize(const ig_config *c, const ig_parameter *p, uint64_t seed, float *values) {
  const ig_tensor_row *row = p->row;
  const ig_stack_shape *stack = row->stack == IG_STACK_ENCODER ? &c->encoder : &c->decoder;
  const double of_d = 1.0 / sqrt((double)c->d_model);
  if (row->part == IG_PART_SHARED_EMBEDDING)
    ig_initialize_normal(p, seed, 1.0, values);
  else if (row->part == IG_PART_OUTPUT || (row->part == IG_PART_INNER && row->bias))
    ig_initialize_uniform(p, seed, of_d, values);
  else if (row->part == IG_PART_OUTER && row->bias)
    ig_initialize_uniform(p, seed, 1.0 / sqrt((double)stack->feed_forward.inner), values);
  else if (p->rank == 2)
    ig_initialize_uniform(p, seed, ig_initialize_xavier(p), values);
  else
    ig_initialize_constant(c, p, values);
}

const ig_family ig_family_torch = {
    .name = "torch",
    .model_type = "torch-transformer",
    .architecture = "Transformer",
    .tensors = tensors,
    .tokenizers = ig_marian_tokenizers,
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
    .joint_vocabulary = true,
    // The module has no id of its own to start with. It starts with </s>, as fairseq does, so that
    // a mask over <pad> never hides the start.
    .start_key = "bos_token_id",
    .starts_with_eos = true,
    .complete = complete,
    .initialize = initialize,
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
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(options, "options", err));
  ig_config c = ig_family_torch.defaults;
  c.family = &ig_family_torch;
  c.key_name = ig_family_key_name;
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
