// ELECTRA as in Hugging Face transformers   (Clark et al. 2020): BERT's encoder, whose tables of
// embeddings may have fewer columns; then a linear layer follows them. Discriminators and
// generators are the same encoder; that a discriminator told replaced tokens apart is a head of its
// own, of which nothing else has use.
#include <string.h>

#include "base/fail.h"
#include "model/arch/encoder_rows.h"
#include "model/arch/encoder_shared.h"
#include "model/arch/encoder_tokenizers.h"

static const ig_json_key keys[] = {IG_JSON_OPTION("embedding_size", INT, embedding_size),
                                   IG_ENCODER_KEYS};

static const ig_tensor_row tensors[] = {
    IG_ENCODER_EMBEDDING_ROWS("electra."),
    IG_ROWS(ENCODER, EMBEDDING_PROJECTION, "electra.embeddings_project"),
    IG_ENCODER_LAYER_ROWS("electra."),
    IG_SPAN_HEAD_ROWS,
    IG_HEAD_ROWS(IG_HEAD_BIT(CLASSES), HEAD_DENSE, "classifier.dense"),
    IG_HEAD_ROWS(IG_HEAD_BIT(CLASSES), OUTPUT, "classifier.out_proj"),
    IG_HEAD_ROWS(IG_HEAD_BIT(TOKEN_CLASSES), OUTPUT, "classifier"),
    IG_MASKED_HEAD_ROWS("generator_predictions.dense", "generator_predictions.LayerNorm",
                        "generator_lm_head", "generator_lm_head.bias"),
    IG_ROW_IGNORED("discriminator_predictions.dense.weight"),
    IG_ROW_IGNORED("discriminator_predictions.dense.bias"),
    IG_ROW_IGNORED("discriminator_predictions.dense_prediction.weight"),
    IG_ROW_IGNORED("discriminator_predictions.dense_prediction.bias"),
    IG_ENCODER_IGNORED_ROWS("electra."),
    {0},
};

static ig_status refuse_discriminator(const json_t *json, const char *where, ig_error *err) {
  const char *name = json_string_value(json_array_get(json_object_get(json, "architectures"), 0));
  if (!name || strcmp(name, "ElectraForPreTraining") != 0) return IG_OK;
  return ig_fail(
      err, IG_ERROR_UNSUPPORTED,
      "%s: architectures: the head of ElectraForPreTraining (whether each token was "
      "replaced) is not built; with \"ElectraModel\" in its place the encoder is opened, "
      "and may be trained with another head",
      where);
}

static ig_status complete(const json_t *json, const char *where, ig_config *c, ig_error *err) {
  IG_TRY(refuse_discriminator(json, where, err));
  IG_TRY(ig_encoder_shared_check_embedding(c, where, err));
  IG_TRY(ig_encoder_shared_complete(json, where, c, err));
  if (c->embedding_size == c->d_model) c->embedding_size = 0;
  return IG_OK;
}

static void adjust_json(const ig_config *c, json_t *json) {
  ig_encoder_shared_adjust_json(c, json);
  json_object_set_new(json, "embedding_size", json_integer(ig_config_embedding_columns(c)));
}

const ig_family ig_family_electra = {
    .name = "electra",
    .model_type = "electra",
    .architecture = "ElectraModel",
    .tensors = tensors,
    .base_prefix = "electra.",
    .tokenizers = ig_encoder_tokenizers_word_pieces,
    // transformers' ElectraConfig.
    .defaults = {.vocab_size = 30522,
                 .d_model = 256,
                 .embedding_size = 128,
                 .encoder = IG_ENCODER_STACK(12, 4, 1024, GELU, 0.1f),
                 IG_ENCODER_DEFAULTS_BESIDES_SIZES(0, 0)},
    .keys = keys,
    .constants = "{\"model_type\": \"electra\", \"architectures\": [\"ElectraModel\"]}",
    .class_activation = IG_ACTIVATION_GELU,
    .masked_activation = IG_ACTIVATION_GELU,
    .training_defaults = "{\"architectures\": [\"ElectraForMaskedLM\"], " IG_ENCODER_TRAINING_SIZES,
    .joint_vocabulary = true,
    .complete = complete,
    .adjust_json = adjust_json,
};
