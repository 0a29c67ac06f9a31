// Marian's Transformer with a recurrent decoder (`dec-cell: ssru`, nn/ssru.h), as the students of
// Firefox Translations and OPUS-MT have it: MarianMT in all else. transformers has no such model,
// so that the names of the cell's tensors and the model_type are ours.
#include "base/fail.h"
#include "model/arch/marian_shared.h"
#include "model/arch/marian_tokenizers.h"

static const ig_json_key keys[] = {IG_MARIAN_KEYS, {0}};

static const ig_tensor_row tensors[] = {
    IG_MARIAN_EMBEDDING_ROWS,
    IG_BART_ENCODER_ROWS,
    IG_ROW_WEIGHT(DECODER, CELL_CANDIDATE, IG_BART_DECODER_LAYER "cell.candidate.weight"),
    IG_ROWS(DECODER, CELL_FORGET, IG_BART_DECODER_LAYER "cell.forget"),
    IG_ROWS(DECODER, SELF_NORM, IG_BART_DECODER_LAYER "cell_layer_norm"),
    IG_BART_CROSS_AND_FEED_FORWARD_ROWS,
    IG_MARIAN_LAST_ROWS,
    {0},
};

static ig_status complete(const json_t *json, const char *where, ig_config *c, ig_error *err) {
  IG_TRY(ig_marian_shared_complete(json, where, c, err));
  c->decoder.recurrent = true;
  return IG_OK;
}

const ig_family ig_family_marian_ssru = {
    .name = "marian_ssru",
    .model_type = "marian_ssru",
    .architecture = "MarianSsruModel",
    .tensors = tensors,
    .base_prefix = "model.",
    .tokenizers = ig_marian_tokenizers,
    .defaults = {IG_MARIAN_DEFAULTS},
    .keys = keys,
    .constants = IG_MARIAN_CONSTANTS("marian_ssru", "MarianSsruModel"),
    .training_defaults = ig_marian_shared_training_defaults,
    .start_key = "decoder_start_token_id",
    .complete = complete,
    .adjust_json = ig_marian_shared_adjust_json,
};
