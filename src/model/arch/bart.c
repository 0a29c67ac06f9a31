// BART as in Hugging Face transformers: post-norm layers, a norm of the embedded rows, trained
// positions whose table has two rows before the first one's, tied output with a constant bias on
// the logits. The decoder starts with the end token.
#include "model/arch/bart_head_rows.h"
#include "model/arch/bart_rows.h"
#include "model/arch/bart_shared.h"
#include "model/arch/bart_tokenizers.h"
#include "model/arch/family.h"

static const ig_tensor_row tensors[] = {
    IG_BART_EMBEDDING_ROWS,
    IG_ROW_WEIGHT(ENCODER, LEARNED_POSITIONS, "model.encoder.embed_positions.weight"),
    IG_ROWS(ENCODER, EMBEDDING_NORM, "model.encoder.layernorm_embedding"),
    IG_BART_ENCODER_ROWS,
    IG_ROW_WEIGHT(DECODER, LEARNED_POSITIONS, "model.decoder.embed_positions.weight"),
    IG_ROWS(DECODER, EMBEDDING_NORM, "model.decoder.layernorm_embedding"),
    IG_BART_DECODER_ROWS,
    IG_ROW_WEIGHT(NONE, OUTPUT, "lm_head.weight"),
    {IG_STACK_NONE, IG_PART_LOGITS_BIAS, true, "final_logits_bias", .optional = true},
    IG_BART_IGNORED_ROWS,
    {0},
};

const ig_family ig_family_bart = {
    .name = "bart",
    .model_type = "bart",
    .architecture = "BartForConditionalGeneration",
    .tensors = tensors,
    .base_prefix = "model.",
    .tokenizers = ig_bart_tokenizers,
    .defaults =
        {
            // BartConfig's own
            .vocab_size = 50265,
            .d_model = 1024,
            .encoder = {.layers = 12,
                        .self = {.heads = 16, .bias = true},
                        .feed_forward = {.inner = 4096,
                                         .activation = IG_ACTIVATION_GELU,
                                         .bias = true},
                        .norm = {.eps = 1e-5f, .bias = true},
                        .embedding_norm = true,
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
            .decoder_start_id = 2,
            .forced_eos_id = 2,
            .init_std = 0.02f,
        },
    .keys = ig_bart_shared_keys,
    .constants = IG_BART_SHARED_CONSTANTS("bart", "BartForConditionalGeneration"),
    .training_defaults = ig_bart_shared_training_defaults,
    .joint_vocabulary = true,
    .start_key = "decoder_start_token_id",
    .starts_with_eos = true,
    .complete = ig_bart_shared_complete,
};
