// Pegasus as in Hugging Face transformers: pre-norm layers, a norm after the last layer of both
// stacks, sinusoids in halves, tied output with a constant bias on the logits. The decoder starts
// with pad, whose embedding is zero and gets no gradient from look-ups.
#include "model/arch/bart_head_rows.h"
#include "model/arch/bart_keys.h"
#include "model/arch/bart_rows.h"
#include "model/arch/bart_shared.h"
#include "model/arch/family.h"

static const ig_json_key keys[] = {
    IG_JSON_KEY("vocab_size", INT, vocab_size),
    IG_BART_KEYS,
    IG_JSON_OPTION("tie_word_embeddings", BOOL, tied_output),
    IG_JSON_OPTION("init_std", FLOAT, init_std),
    IG_JSON_KEY("pad_token_id", ID, pad_id),
    IG_JSON_KEY("eos_token_id", IDS, eos_id),
    IG_JSON_KEY("decoder_start_token_id", ID, decoder_start_id),
    IG_JSON_KEY("forced_eos_token_id", IDS, forced_eos_id),
    {0},
};

static const ig_tensor_row tensors[] = {
    IG_BART_EMBEDDING_ROWS,
    IG_BART_ENCODER_ROWS,
    IG_ROWS(ENCODER, FINAL_NORM, "model.encoder.layer_norm"),
    IG_BART_DECODER_ROWS,
    IG_ROWS(DECODER, FINAL_NORM, "model.decoder.layer_norm"),
    IG_ROW_WEIGHT(NONE, OUTPUT, "lm_head.weight"),
    {IG_STACK_NONE, IG_PART_LOGITS_BIAS, true, "final_logits_bias", .optional = true},
    {IG_STACK_ENCODER, IG_PART_POSITIONS, false, "model.encoder.embed_positions.weight",
     .optional = true},
    {IG_STACK_DECODER, IG_PART_POSITIONS, false, "model.decoder.embed_positions.weight",
     .optional = true},
    IG_BART_IGNORED_ROWS,
    {0},
};

static const ig_special_pieces special_pieces[] = {
    {.text = "<pad>", .first_id = 0},
    {.text = "</s>", .first_id = 1},
    {.text = "<mask_1>", .first_id = 2},
    {.text = "<mask_2>", .first_id = 3},
    {.text = "<unk_%d>",
     .first_id = 4,
     .count = 101,
     .first_number = 2,
     .number_step = 1,
     .score = -100},
    {0},
};

static const ig_tokenizer_description pegasus_tokenizer = {
    .kind = IG_TOKENIZER_SHIFTED,
    .class_names = (const char *const[]){"PegasusTokenizer", "PegasusTokenizerFast", NULL},
    .files = {.source_model = "spiece.model"},
    .special = {"</s>", "<unk>", "<pad>"},
    .shift = 103,
    .shift_key = "offset",
    .preparation = {.normalizes = true, .joins_spaces = true, .replaces_lines = true},
    .special_pieces = special_pieces,
};

static const ig_tokenizer_description *const tokenizers[] = {
    &pegasus_tokenizer,
    &ig_tokenizer_description_words,
    NULL,
};

const ig_family ig_family_pegasus = {
    .name = "pegasus",
    .model_type = "pegasus",
    .architecture = "PegasusForConditionalGeneration",
    .tensors = tensors,
    .base_prefix = "model.",
    .tokenizers = tokenizers,
    .defaults =
        {
            // PegasusConfig's own
            .vocab_size = 50265,
            .d_model = 1024,
            .encoder = {.layers = 12,
                        .self = {.heads = 16, .bias = true},
                        .feed_forward = {.inner = 4096,
                                         .activation = IG_ACTIVATION_GELU,
                                         .bias = true},
                        .norm = {.eps = 1e-5f, .bias = true},
                        .pre_norm = true,
                        .final_norm = true,
                        .dropout = 0.1f},
            .decoder = {.layers = 12, .self = {.heads = 16}, .feed_forward = {.inner = 4096}},
            .positions = {.kind = IG_POSITION_HALVES, .count = 1024},
            .shared_embedding = true,
            .frozen_pad_embedding = true,
            .tied_output = true,
            .logits_bias = true,
            .pad_id = 0,
            .eos_id = 1,
            .bos_id = -1,
            .decoder_start_id = 0,
            .forced_eos_id = 1,
            .init_std = 0.02f,
        },
    .keys = keys,
    .constants = IG_BART_SHARED_CONSTANTS("pegasus", "PegasusForConditionalGeneration"),
    .training_defaults =
        "{\"d_model\": 256, \"encoder_layers\": 3, \"decoder_layers\": 3, "
        "\"encoder_attention_heads\": 4, \"decoder_attention_heads\": 4, "
        "\"encoder_ffn_dim\": 1024, \"decoder_ffn_dim\": 1024, \"activation_function\": \"relu\", "
        "\"max_position_embeddings\": 512, \"scale_embedding\": true}",
    .joint_vocabulary = true,
    .start_key = "decoder_start_token_id",
    .complete = ig_bart_shared_complete,
};
