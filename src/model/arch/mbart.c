// mBART and mBART-50 as in Hugging Face transformers: BART with pre-norm layers and a norm after
// the last layer of both stacks. The decoder starts with the target's language, or, in mBART-50,
// with the end token before it.
#include "model/arch/bart_head_rows.h"
#include "model/arch/bart_rows.h"
#include "model/arch/bart_shared.h"
#include "model/arch/family.h"
#include "model/arch/mbart_tokenizers.h"

static const ig_tensor_row tensors[] = {
    IG_BART_EMBEDDING_ROWS,
    IG_ROW_WEIGHT(ENCODER, LEARNED_POSITIONS, "model.encoder.embed_positions.weight"),
    IG_ROWS(ENCODER, EMBEDDING_NORM, "model.encoder.layernorm_embedding"),
    IG_BART_ENCODER_ROWS,
    IG_ROWS(ENCODER, FINAL_NORM, "model.encoder.layer_norm"),
    IG_ROW_WEIGHT(DECODER, LEARNED_POSITIONS, "model.decoder.embed_positions.weight"),
    IG_ROWS(DECODER, EMBEDDING_NORM, "model.decoder.layernorm_embedding"),
    IG_BART_DECODER_ROWS,
    IG_ROWS(DECODER, FINAL_NORM, "model.decoder.layer_norm"),
    IG_ROW_WEIGHT(NONE, OUTPUT, "lm_head.weight"),
    {IG_STACK_NONE, IG_PART_LOGITS_BIAS, true, "final_logits_bias", .optional = true},
    IG_BART_IGNORED_ROWS,
    {0},
};

static ig_status complete(const json_t *json, const char *where, ig_config *c, ig_error *err) {
  // As transformers' generate, which the class leaves the choice.
  if (c->decoder_start_id < 0) c->decoder_start_id = c->bos_id;
  return ig_bart_shared_complete(json, where, c, err);
}

const ig_family ig_family_mbart = {
    .name = "mbart",
    .model_type = "mbart",
    .architecture = "MBartForConditionalGeneration",
    .tensors = tensors,
    .base_prefix = "model.",
    .tokenizers = ig_mbart_tokenizers,
    .defaults =
        {
            // MBartConfig's own
            .vocab_size = 50265,
            .d_model = 1024,
            .encoder = {.layers = 12,
                        .self = {.heads = 16, .bias = true},
                        .feed_forward = {.inner = 4096,
                                         .activation = IG_ACTIVATION_GELU,
                                         .bias = true},
                        .norm = {.eps = 1e-5f, .bias = true},
                        .embedding_norm = true,
                        .pre_norm = true,
                        .final_norm = true,
                        .dropout = 0.1f},
            .decoder = {.layers = 12, .self = {.heads = 16}, .feed_forward = {.inner = 4096}},
            .positions = {.kind = IG_POSITION_LEARNED, .count = 1024, .offset = 2},
            .shared_embedding = true,
            .frozen_pad_embedding = true,
            .tied_output = true,
            .logits_bias = true,
            .pad_id = 1,
            .eos_id = 2,
            .bos_id = 0,
            .decoder_start_id = -1,
            .forced_eos_id = 2,
            .init_std = 0.02f,
        },
    .keys = ig_bart_shared_keys,
    .constants = IG_BART_SHARED_CONSTANTS("mbart", "MBartForConditionalGeneration"),
    .training_defaults = ig_bart_shared_training_defaults,
    .joint_vocabulary = true,
    .start_key = "decoder_start_token_id",
    .starts_with_eos = true,
    .complete = complete,
};
