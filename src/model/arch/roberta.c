// RoBERTa as in Hugging Face transformers   (Liu et al. 2019): BERT's encoder, whose positions
// count on from the padding's id.
#include "model/arch/roberta.h"

#include "base/fail.h"
#include "model/arch/encoder_rows.h"
#include "model/arch/encoder_tokenizers.h"

const ig_json_key ig_roberta_keys[] = {IG_ENCODER_KEYS};

const ig_tensor_row ig_roberta_tensors[] = {
    IG_ENCODER_EMBEDDING_ROWS("roberta."),
    IG_ENCODER_LAYER_ROWS("roberta."),
    IG_SPAN_HEAD_ROWS,
    IG_HEAD_ROWS(IG_HEAD_BIT(CLASSES), HEAD_DENSE, "classifier.dense"),
    IG_HEAD_ROWS(IG_HEAD_BIT(CLASSES), OUTPUT, "classifier.out_proj"),
    IG_HEAD_ROWS(IG_HEAD_BIT(TOKEN_CLASSES), OUTPUT, "classifier"),
    IG_MASKED_HEAD_ROWS("lm_head.dense", "lm_head.layer_norm", "lm_head.decoder", "lm_head.bias"),
    IG_ROW_IGNORED("roberta.pooler.dense.weight"),
    IG_ROW_IGNORED("roberta.pooler.dense.bias"),
    IG_ENCODER_IGNORED_ROWS("roberta."),
    {0},
};

// The table of positions has rows for padding and for all ids below it.
ig_status ig_roberta_complete(const json_t *json, const char *where, ig_config *c, ig_error *err) {
  IG_TRY(ig_encoder_shared_complete(json, where, c, err));
  c->positions.offset = c->pad_id + 1;
  c->positions.count -= c->positions.offset;
  if (c->positions.count >= 1) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "%s: max_position_embeddings: expected more than the %d rows before the first "
                 "position's, found %d",
                 where, c->positions.offset, c->positions.count + c->positions.offset);
}

void ig_roberta_adjust_json(const ig_config *c, json_t *json) {
  ig_encoder_shared_adjust_json(c, json);
  json_object_set_new(json, "max_position_embeddings",
                      json_integer(c->positions.count + c->positions.offset));
}

const ig_family ig_family_roberta =
    IG_ROBERTA_FAMILY("roberta", "RobertaModel", ig_encoder_tokenizers_roberta);
