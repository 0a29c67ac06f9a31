// Options of a Transformer: the torch constructor's arguments, and what must hold for any model.
#include "model/config.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"

ig_config ig_config_torch(int vocab_size, int d_model, int nhead, int num_encoder_layers,
                          int num_decoder_layers, int dim_feedforward, float dropout) {
  return (ig_config){
      .family = "torch",
      .vocab_size = vocab_size,
      .target_vocab_size = vocab_size,
      .d_model = d_model,
      .encoder_layers = num_encoder_layers,
      .decoder_layers = num_decoder_layers,
      .encoder_heads = nhead,
      .decoder_heads = nhead,
      .encoder_ffn = dim_feedforward,
      .decoder_ffn = dim_feedforward,
      .dropout = dropout,
      .attention_dropout = dropout,
      .activation_dropout = dropout,
      .norm = IG_NORM_LAYER,
      .final_norm = true,
      .norm_eps = 1e-5f,
      .bias = true,
      .output_bias = true,
      .activation = IG_ACTIVATION_RELU,
      .positions = IG_POSITIONS_INTERLEAVED,
      .shared_embedding = true,
      .pad_id = 0,
      .bos_id = 1,
      .eos_id = 2,
      .decoder_start_id = 1,
      .forced_eos_id = -1,
  };
}

typedef struct ig_bound {
  const char *name;
  long value, low, high;
} ig_bound;

static ig_status check_bounds(const ig_bound *bounds, size_t count, const char *where,
                              ig_error *err) {
  for (size_t i = 0; i < count; i++)
    if (bounds[i].value < bounds[i].low || bounds[i].value > bounds[i].high)
      return ig_fail(err, IG_ERROR_ARGUMENT, "%s: %s: expected a number from %ld to %ld, found %ld",
                     where, bounds[i].name, bounds[i].low, bounds[i].high, bounds[i].value);
  return IG_OK;
}

ig_status ig_config_check(const ig_config *c, const char *where, ig_error *err) {
  const long most = 1 << 24;  // far above any model, and products of three still fit 64 bits
  const ig_bound bounds[] = {
      {"vocab_size", c->vocab_size, 1, most},
      {"decoder_vocab_size", c->target_vocab_size, 1, most},
      {"d_model", c->d_model, 1, 1 << 16},
      {"encoder_layers", c->encoder_layers, 0, 1024},
      {"decoder_layers", c->decoder_layers, 0, 1024},
      {"encoder_attention_heads", c->encoder_heads, 1, c->d_model},
      {"decoder_attention_heads", c->decoder_heads, 1, c->d_model},
      {"encoder_ffn_dim", c->encoder_ffn, 1, 1 << 20},
      {"decoder_ffn_dim", c->decoder_ffn, 1, 1 << 20},
      {"max_position_embeddings", c->max_positions, 0, 1 << 20},
      {"pad_token_id", c->pad_id, -1, (long)c->vocab_size - 1},
      {"eos_token_id", c->eos_id, 0, (long)c->target_vocab_size - 1},
      {"bos_token_id", c->bos_id, -1, (long)c->target_vocab_size - 1},
      {"decoder_start_token_id", c->decoder_start_id, 0, (long)c->target_vocab_size - 1},
      {"forced_eos_token_id", c->forced_eos_id, -1, (long)c->target_vocab_size - 1},
  };
  IG_TRY(check_bounds(bounds, sizeof bounds / sizeof *bounds, where, err));
  if (c->d_model % 2)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "%s: d_model: expected an even number (sinusoid positions), found %d", where,
                   c->d_model);
  if (c->d_model % c->encoder_heads || c->d_model % c->decoder_heads)
    return ig_fail(
        err, IG_ERROR_ARGUMENT,
        "%s: d_model %d is not a multiple of the attention heads (%d encoder, %d decoder)", where,
        c->d_model, c->encoder_heads, c->decoder_heads);
  if (c->shared_embedding && c->vocab_size != c->target_vocab_size)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "%s: a shared embedding needs vocabularies of one size, found %d and %d", where,
                   c->vocab_size, c->target_vocab_size);
  const float probabilities[] = {c->dropout, c->attention_dropout, c->activation_dropout};
  const char *names[] = {"dropout", "attention_dropout", "activation_dropout"};
  for (int i = 0; i < 3; i++)
    if (!(probabilities[i] >= 0 && probabilities[i] < 1))
      return ig_fail(err, IG_ERROR_ARGUMENT, "%s: %s: expected a number in [0, 1), found %g", where,
                     names[i], (double)probabilities[i]);
  if (!(c->norm_eps > 0) || !isfinite(c->norm_eps))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "%s: layer_norm_eps: expected a number above 0, found %g", where,
                   (double)c->norm_eps);
  if (!(c->init_std >= 0) || !isfinite(c->init_std))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "%s: init_std: expected 0 or a number above it, found %g", where,
                   (double)c->init_std);
  if (c->norm != IG_NORM_LAYER)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: only layer normalisation is built", where);
  return IG_OK;
}
