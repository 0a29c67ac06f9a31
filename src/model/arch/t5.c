// T5 as in Hugging Face transformers: pre-norm layers with RMS norms and no biases, a norm and a
// dropout after the last layer of both stacks, relative positions in self-attention whose table
// belongs to the first layer of a stack and serves all, no division in attention. T5 itself has
// ReLU and one table for embeddings and output, before which rows are divided by sqrt(d_model);
// v1.1, flan and byT5 have a gate of gelu and an output layer of their own, without the division.
#include "model/arch/t5_shared.h"

static const ig_json_key keys[] = {
    IG_T5_KEYS,
    // transformers 5 writes tie_word_embeddings: true even for v1.1, and this beside it.
    IG_JSON_KEY("scale_decoder_outputs", BOOL, scaled_output),
    {0},
};

static ig_status complete(const json_t *json, const char *where, ig_config *c, ig_error *err) {
  if (!json_object_get(json, "scale_decoder_outputs")) c->scaled_output = c->tied_output;
  return ig_t5_shared_complete(json, where, c, err);
}

const ig_family ig_family_t5 = {
    .name = "t5",
    .model_type = "t5",
    .architecture = "T5ForConditionalGeneration",
    .tensors = ig_t5_shared_tensors,
    .tokenizers = ig_t5_tokenizers,
    .defaults = {.vocab_size = 32128, IG_T5_DEFAULTS(6, 8, 2048, .activation = IG_ACTIVATION_RELU)},
    .keys = keys,
    .constants = IG_T5_CONSTANTS("t5", "T5ForConditionalGeneration"),
    .training_defaults = ig_t5_shared_training_defaults,
    .joint_vocabulary = true,
    .start_key = "decoder_start_token_id",
    .complete = complete,
    .initialize = ig_t5_shared_initialize,
};
