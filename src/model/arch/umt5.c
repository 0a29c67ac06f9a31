// UMT5 as in Hugging Face transformers: T5 v1.1 whose every layer has a table of relative positions
// of its own. Rows are divided by sqrt(d_model) before the output layer where tie_word_embeddings
// is true.
#include "model/arch/t5_shared.h"

static const ig_tensor_row tensors[] = {
    IG_T5_EMBEDDING_ROW,
    IG_T5_ENCODER_ROWS(IG_T5_BIAS_ROW(ENCODER, "encoder", "%d")),
    IG_T5_DECODER_ROWS(IG_T5_BIAS_ROW(DECODER, "decoder", "%d")),
    IG_T5_LAST_ROWS,
    {0},
};

static const ig_json_key keys[] = {IG_T5_KEYS, {0}};

static ig_status complete(const json_t *json, const char *where, ig_config *c, ig_error *err) {
  c->scaled_output = c->tied_output;
  return ig_t5_shared_complete(json, where, c, err);
}

// A file may say true and hold an output layer of its own: its rows are divided all the same.
static void adjust_json(const ig_config *config, json_t *json) {
  json_object_set_new(json, "tie_word_embeddings", json_boolean(config->scaled_output));
}

const ig_family ig_family_umt5 = {
    .name = "umt5",
    .model_type = "umt5",
    .architecture = "UMT5ForConditionalGeneration",
    .tensors = tensors,
    .tokenizers = ig_t5_tokenizers,
    .defaults = {.vocab_size = 250112,
                 IG_T5_DEFAULTS(8, 6, 1024, .activation = IG_ACTIVATION_GELU_TANH, .gated = true)},
    .keys = keys,
    .constants = IG_T5_CONSTANTS("umt5", "UMT5ForConditionalGeneration"),
    .training_defaults = ig_t5_shared_training_defaults,
    .joint_vocabulary = true,
    .start_key = "decoder_start_token_id",
    .complete = complete,
    .adjust_json = adjust_json,
    .initialize = ig_t5_shared_initialize,
};
