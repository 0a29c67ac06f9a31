// ALBERT as in Hugging Face transformers   (Lan et al. 2020): BERT's encoder with two savings: the
// tables of embeddings have fewer columns, after which a linear layer always follows, and layers of
// a group are one.
#include "base/fail.h"
#include "io/json.h"
#include "model/arch/encoder_rows.h"
#include "model/arch/encoder_shared.h"
#include "model/arch/encoder_tokenizers.h"

static const ig_json_key keys[] = {IG_JSON_OPTION("embedding_size", INT, embedding_size),
                                   IG_JSON_OPTION("num_hidden_groups", INT, encoder.groups),
                                   IG_ENCODER_KEYS};

#define LAYER "albert.encoder.albert_layer_groups.%d.albert_layers.0."

static const ig_tensor_row tensors[] = {
    IG_ENCODER_EMBEDDING_ROWS("albert."),
    IG_ROWS(ENCODER, EMBEDDING_PROJECTION, "albert.encoder.embedding_hidden_mapping_in"),
    IG_ENCODER_ATTENTION_ROWS(LAYER "attention"),
    IG_ROWS(ENCODER, SELF_OUTPUT, LAYER "attention.dense"),
    IG_ROWS(ENCODER, SELF_NORM, LAYER "attention.LayerNorm"),
    IG_ROWS(ENCODER, INNER, LAYER "ffn"),
    IG_ROWS(ENCODER, OUTER, LAYER "ffn_output"),
    IG_ROWS(ENCODER, FEED_FORWARD_NORM, LAYER "full_layer_layer_norm"),
    IG_HEAD_ROWS(IG_HEAD_BIT(CLASSES), HEAD_DENSE, "albert.pooler"),
    IG_SPAN_HEAD_ROWS,
    IG_HEAD_ROWS(IG_HEAD_BIT(CLASSES) | IG_HEAD_BIT(TOKEN_CLASSES), OUTPUT, "classifier"),
    IG_MASKED_HEAD_ROWS("predictions.dense", "predictions.LayerNorm", "predictions.decoder",
                        "predictions.bias"),
    IG_ROW_IGNORED("sop_classifier.classifier.weight"),
    IG_ROW_IGNORED("sop_classifier.classifier.bias"),
    IG_ENCODER_IGNORED_ROWS("albert."),
    {0},
};

static ig_status check_groups(const json_t *json, const char *where, const ig_config *c,
                              ig_error *err) {
  int inner;
  IG_TRY(ig_json_int((ig_json_object){json, where}, "inner_group_num", 1, &inner, err));
  if (inner != 1)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: inner_group_num: expected 1, found %d; groups of several layers are not "
                   "built",
                   where, inner);
  if (c->encoder.groups >= 1 && c->encoder.groups <= c->encoder.layers) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "%s: num_hidden_groups: expected a number from 1 to num_hidden_layers (%d), found "
                 "%d",
                 where, c->encoder.layers, c->encoder.groups);
}

static ig_status complete(const json_t *json, const char *where, ig_config *c, ig_error *err) {
  IG_TRY(check_groups(json, where, c, err));
  IG_TRY(ig_encoder_shared_check_embedding(c, where, err));
  return ig_encoder_shared_complete(json, where, c, err);
}

const ig_family ig_family_albert = {
    .name = "albert",
    .model_type = "albert",
    .architecture = "AlbertModel",
    .tensors = tensors,
    .base_prefix = "albert.",
    .tokenizers = ig_encoder_tokenizers_albert,
    // transformers' AlbertConfig, which is that of the largest one published.
    .defaults = {.vocab_size = 30000,
                 .d_model = 4096,
                 .embedding_size = 128,
                 .encoder = {.layers = 12,
                             .groups = 1,
                             .self = {.heads = 64, .bias = true},
                             .feed_forward = {.inner = 16384,
                                              .activation = IG_ACTIVATION_GELU_TANH,
                                              .bias = true},
                             .norm = {.eps = 1e-12f, .bias = true},
                             .embedding_norm = true},
                 IG_ENCODER_DEFAULTS_BESIDES_SIZES(0, 0)},
    .keys = keys,
    .constants =
        "{\"model_type\": \"albert\", \"architectures\": [\"AlbertModel\"], "
        "\"inner_group_num\": 1}",
    .class_activation = IG_ACTIVATION_TANH,
    .training_defaults = "{\"architectures\": [\"AlbertForMaskedLM\"], " IG_ENCODER_TRAINING_SIZES,
    .joint_vocabulary = true,
    .complete = complete,
    .adjust_json = ig_encoder_shared_adjust_json,
};
