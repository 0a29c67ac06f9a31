// What MarianMT and Marian's models with recurrent decoders have in common: options, names, sizes.
#ifndef IG_MODEL_ARCH_MARIAN_SHARED_H
#define IG_MODEL_ARCH_MARIAN_SHARED_H
#include "model/arch/bart_keys.h"
#include "model/arch/bart_rows.h"
#include "model/arch/family.h"

#define IG_MARIAN_KEYS                                                                   \
  IG_JSON_KEY("vocab_size", INT, vocab_size),                                            \
      IG_JSON_KEY("decoder_vocab_size", INT, target_vocab_size), IG_BART_KEYS,           \
      IG_JSON_OPTION("tie_word_embeddings", BOOL, tied_output),                          \
      IG_JSON_OPTION("share_encoder_decoder_embeddings", BOOL, shared_embedding),        \
      IG_JSON_OPTION("init_std", FLOAT, init_std),                                       \
      IG_JSON_KEY("layer_norm_eps", FLOAT, encoder.norm.eps),                            \
      IG_JSON_KEY("pad_token_id", ID, pad_id), IG_JSON_KEY("eos_token_id", IDS, eos_id), \
      IG_JSON_KEY("bos_token_id", ID, bos_id),                                           \
      IG_JSON_KEY("decoder_start_token_id", ID, decoder_start_id),                       \
      IG_JSON_KEY("forced_eos_token_id", IDS, forced_eos_id)

// Rows before those of the stacks, and after them.
#define IG_MARIAN_EMBEDDING_ROWS                                                                   \
  {IG_STACK_NONE, IG_PART_SHARED_EMBEDDING,                                                        \
   false,         "model.shared.weight",                                                           \
   false,         .alias = {"lm_head.weight", "model.encoder.embed_tokens.weight"}},               \
      {IG_STACK_NONE, IG_PART_SOURCE_EMBEDDING,        false, "model.encoder.embed_tokens.weight", \
       false,         .alias = {"model.shared.weight"}},                                           \
  {                                                                                                \
    IG_STACK_NONE, IG_PART_TARGET_EMBEDDING, false, "model.decoder.embed_tokens.weight", false,    \
        .alias = {                                                                                 \
          "model.shared.weight",                                                                   \
          "lm_head.weight"                                                                         \
        }                                                                                          \
  }
// Older files leave the bias of the logits out. Where nothing is tied, transformers writes a shared
// table that it does not read.
#define IG_MARIAN_LAST_ROWS                                                                \
  IG_ROW_WEIGHT(NONE, OUTPUT, "lm_head.weight"),                                           \
      {IG_STACK_NONE, IG_PART_LOGITS_BIAS, true, "final_logits_bias", .optional = true},   \
      {IG_STACK_ENCODER, IG_PART_POSITIONS, false, "model.encoder.embed_positions.weight", \
       .optional = true},                                                                  \
      {IG_STACK_DECODER, IG_PART_POSITIONS, false, "model.decoder.embed_positions.weight", \
       .optional = true},                                                                  \
      IG_ROW_IGNORED("lm_head.weight"), IG_ROW_IGNORED("model.shared.weight"),             \
      IG_ROW_COPY("model.encoder.embed_tokens.weight"),                                    \
      IG_ROW_COPY("model.decoder.embed_tokens.weight"),                                    \
      IG_ROW_IGNORED("model.encoder.embed_positions.weight"),                              \
      IG_ROW_IGNORED("model.decoder.embed_positions.weight")

// MarianConfig's own.
#define IG_MARIAN_DEFAULTS                                                                     \
  .vocab_size = 58101, .d_model = 1024,                                                        \
  .encoder = {.layers = 12,                                                                    \
              .self = {.heads = 16, .bias = true},                                             \
              .feed_forward = {.inner = 4096, .activation = IG_ACTIVATION_GELU, .bias = true}, \
              .norm = {.eps = 1e-5f, .bias = true},                                            \
              .dropout = 0.1f},                                                                \
  .decoder = {.layers = 12, .self = {.heads = 16}, .feed_forward = {.inner = 4096}},           \
  .positions = {.kind = IG_POSITION_HALVES, .count = 1024, .computed = true},                  \
  .shared_embedding = true, .frozen_pad_embedding = true, .tied_output = true,                 \
  .logits_bias = true, .pad_id = 58100, .eos_id = 0, .bos_id = -1, .decoder_start_id = 58100,  \
  .forced_eos_id = 0

#define IG_MARIAN_CONSTANTS(type, architecture)                        \
  "{\"model_type\": \"" type "\", \"architectures\": [\"" architecture \
  "\"], \"is_encoder_decoder\": true, "                                \
  "\"static_position_embeddings\": true, \"use_cache\": true, \"dtype\": \"float32\"}"

extern const char ig_marian_shared_training_defaults[];
ig_status ig_marian_shared_complete(const json_t *json, const char *where, ig_config *config,
                                    ig_error *err);
void ig_marian_shared_adjust_json(const ig_config *config, json_t *json);
#endif
