// BERT as in Hugging Face transformers   (Devlin et al. 2019): an encoder of post-norm layers over
// the sum of embeddings of tokens, types and positions. MiniLM's files are the same.
#include "model/arch/encoder_rows.h"
#include "model/arch/encoder_shared.h"
#include "model/arch/encoder_tokenizers.h"

static const ig_json_key keys[] = {IG_ENCODER_KEYS};

static const ig_tensor_row tensors[] = {
    IG_ENCODER_EMBEDDING_ROWS("bert."),
    IG_ENCODER_LAYER_ROWS("bert."),
    IG_HEAD_ROWS(IG_HEAD_BIT(CLASSES), HEAD_DENSE, "bert.pooler.dense"),
    IG_SPAN_HEAD_ROWS,
    IG_HEAD_ROWS(IG_HEAD_BIT(CLASSES) | IG_HEAD_BIT(TOKEN_CLASSES), OUTPUT, "classifier"),
    IG_MASKED_HEAD_ROWS("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm",
                        "cls.predictions.decoder", "cls.predictions.bias"),
    IG_ROW_IGNORED("cls.seq_relationship.weight"),
    IG_ROW_IGNORED("cls.seq_relationship.bias"),
    IG_ENCODER_IGNORED_ROWS("bert."),
    {0},
};

const ig_family ig_family_bert = {
    .name = "bert",
    .model_type = "bert",
    .architecture = "BertModel",
    .tensors = tensors,
    .base_prefix = "bert.",
    .tokenizers = ig_encoder_tokenizers_word_pieces,
    .defaults = {IG_ENCODER_DEFAULTS(0, 0)},
    .keys = keys,
    .constants = "{\"model_type\": \"bert\", \"architectures\": [\"BertModel\"]}",
    .class_activation = IG_ACTIVATION_TANH,
    .training_defaults = "{\"architectures\": [\"BertForMaskedLM\"], " IG_ENCODER_TRAINING_SIZES,
    .joint_vocabulary = true,
    .complete = ig_encoder_shared_complete,
    .adjust_json = ig_encoder_shared_adjust_json,
};
