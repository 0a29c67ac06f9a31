#include "model/arch/marian_shared.h"

#include "base/fail.h"
#include "io/json.h"

// Keys that models of Marian itself have, which transformers passes over: the epsilon of the norms,
// and sinusoids whose last rate is 1/10000. transformers takes those from the tables in the file.
static const char eps_key[] = "layer_norm_eps", inclusive_key[] = "sinusoid_inclusive";

const char ig_marian_shared_training_defaults[] =
    "{\"d_model\": 256, \"encoder_layers\": 3, \"decoder_layers\": 3, "
    "\"encoder_attention_heads\": 4, "
    "\"decoder_attention_heads\": 4, \"encoder_ffn_dim\": 1024, \"decoder_ffn_dim\": 1024, "
    "\"activation_function\": \"relu\", "
    "\"max_position_embeddings\": 512, \"scale_embedding\": true}";

ig_status ig_marian_shared_complete(const json_t *json, const char *where, ig_config *c,
                                    ig_error *err) {
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
void ig_marian_shared_adjust_json(const ig_config *config, json_t *json) {
  if (!(config->init_std > 0)) json_object_del(json, "init_std");
  if (!(config->encoder.norm.eps < 1e-5f || config->encoder.norm.eps > 1e-5f))
    json_object_del(json, eps_key);
  if (!config->positions.computed) json_object_set_new(json, inclusive_key, json_true());
}
