// DistilBERT as in Hugging Face transformers   (Sanh et al. 2019): BERT without types of tokens and
// without a pooler, whose tensors and keys have names of their own.
#include "base/fail.h"
#include "model/arch/encoder_rows.h"
#include "model/arch/encoder_shared.h"
#include "model/arch/encoder_tokenizers.h"

// The norms' eps is a constant, whatever a config.json says.
static const ig_json_key keys[] = {
    IG_JSON_KEY("vocab_size", INT, vocab_size),
    IG_JSON_OPTION("dim", INT, d_model),
    IG_JSON_OPTION("n_layers", INT, encoder.layers),
    IG_JSON_OPTION("n_heads", INT, encoder.self.heads),
    IG_JSON_OPTION("hidden_dim", INT, encoder.feed_forward.inner),
    IG_JSON_OPTION("activation", ACTIVATION, encoder.feed_forward.activation),
    IG_JSON_OPTION("dropout", FLOAT, encoder.dropout),
    IG_JSON_OPTION("attention_dropout", FLOAT, encoder.self.dropout),
    IG_JSON_OPTION("max_position_embeddings", INT, positions.count),
    IG_JSON_OPTION("initializer_range", FLOAT, init_std),
    IG_JSON_KEY("pad_token_id", ID, pad_id),
    {0},
};

#define LAYER "distilbert.transformer.layer.%d."

static const ig_tensor_row tensors[] = {
    IG_ROW_WEIGHT(NONE, SHARED_EMBEDDING, "distilbert.embeddings.word_embeddings.weight"),
    IG_ROW_WEIGHT(ENCODER, LEARNED_POSITIONS, "distilbert.embeddings.position_embeddings.weight"),
    IG_ROWS(ENCODER, EMBEDDING_NORM, "distilbert.embeddings.LayerNorm"),
    IG_ROW_WEIGHT(ENCODER, SELF_QUERY, LAYER "attention.q_lin.weight"),
    IG_ROW_WEIGHT(ENCODER, SELF_KEY, LAYER "attention.k_lin.weight"),
    IG_ROW_WEIGHT(ENCODER, SELF_VALUE, LAYER "attention.v_lin.weight"),
    IG_ROW_BIAS(ENCODER, SELF_QUERY, LAYER "attention.q_lin.bias"),
    IG_ROW_BIAS(ENCODER, SELF_KEY, LAYER "attention.k_lin.bias"),
    IG_ROW_BIAS(ENCODER, SELF_VALUE, LAYER "attention.v_lin.bias"),
    IG_ROWS(ENCODER, SELF_OUTPUT, LAYER "attention.out_lin"),
    IG_ROWS(ENCODER, SELF_NORM, LAYER "sa_layer_norm"),
    IG_ROWS(ENCODER, INNER, LAYER "ffn.lin1"),
    IG_ROWS(ENCODER, OUTER, LAYER "ffn.lin2"),
    IG_ROWS(ENCODER, FEED_FORWARD_NORM, LAYER "output_layer_norm"),
    IG_SPAN_HEAD_ROWS,
    IG_HEAD_ROWS(IG_HEAD_BIT(CLASSES), HEAD_DENSE, "pre_classifier"),
    IG_HEAD_ROWS(IG_HEAD_BIT(CLASSES) | IG_HEAD_BIT(TOKEN_CLASSES), OUTPUT, "classifier"),
    IG_MASKED_HEAD_ROWS("vocab_transform", "vocab_layer_norm", "vocab_projector",
                        "vocab_projector.bias"),
    IG_ENCODER_IGNORED_ROWS("distilbert."),
    {0},
};

static ig_status complete(const json_t *json, const char *where, ig_config *c, ig_error *err) {
  IG_TRY(ig_encoder_shared_complete(json, where, c, err));
  c->token_types = 0;
  return IG_OK;
}

const ig_family ig_family_distilbert = {
    .name = "distilbert",
    .model_type = "distilbert",
    .architecture = "DistilBertModel",
    .tensors = tensors,
    .base_prefix = "distilbert.",
    .tokenizers = ig_encoder_tokenizers_word_pieces,
    .defaults = {IG_ENCODER_DEFAULTS(0, 0)},
    .keys = keys,
    .constants = "{\"model_type\": \"distilbert\", \"architectures\": [\"DistilBertModel\"]}",
    .class_activation = IG_ACTIVATION_RELU,
    .training_defaults =
        "{\"architectures\": [\"DistilBertForMaskedLM\"], "
        "\"dim\": 256, \"n_layers\": 4, \"n_heads\": 4, \"hidden_dim\": 1024}",
    .joint_vocabulary = true,
    .complete = complete,
    .adjust_json = ig_encoder_shared_adjust_json,
};
