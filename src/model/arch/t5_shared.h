// What T5, mT5 and UMT5 have in common.
#ifndef IG_MODEL_ARCH_T5_SHARED_H
#define IG_MODEL_ARCH_T5_SHARED_H
#include "model/arch/family.h"
#include "model/arch/t5_rows.h"
#include "model/arch/t5_tokenizers.h"

// Of T5 and mT5; ends with {0}. One table of relative positions serves all layers of a stack.
extern const ig_tensor_row ig_t5_shared_tensors[];
extern const char ig_t5_shared_training_defaults[];

#define IG_T5_KEYS                                                                       \
  IG_JSON_KEY("vocab_size", INT, vocab_size), IG_JSON_OPTION("d_model", INT, d_model),   \
      IG_JSON_OPTION("d_kv", INT, encoder.self.head_size),                               \
      IG_JSON_OPTION("d_ff", INT, encoder.feed_forward.inner),                           \
      IG_JSON_OPTION("num_layers", INT, encoder.layers),                                 \
      IG_JSON_OPTION("num_decoder_layers", ID, decoder.layers),                          \
      IG_JSON_OPTION("num_heads", INT, encoder.self.heads),                              \
      IG_JSON_OPTION("relative_attention_num_buckets", INT, relative.buckets),           \
      IG_JSON_OPTION("relative_attention_max_distance", INT, relative.farthest),         \
      IG_JSON_OPTION("dropout_rate", FLOAT, encoder.dropout),                            \
      IG_JSON_OPTION("layer_norm_epsilon", FLOAT, encoder.norm.eps),                     \
      IG_JSON_OPTION("initializer_factor", FLOAT, init_std),                             \
      IG_JSON_OPTION("feed_forward_proj", FEED_FORWARD, encoder.feed_forward),           \
      IG_JSON_KEY("dense_act_fn", ACTIVATION, encoder.feed_forward.activation),          \
      IG_JSON_KEY("is_gated_act", BOOL, encoder.feed_forward.gated),                     \
      IG_JSON_OPTION("tie_word_embeddings", BOOL, tied_output),                          \
      IG_JSON_KEY("pad_token_id", ID, pad_id), IG_JSON_KEY("eos_token_id", IDS, eos_id), \
      IG_JSON_KEY("decoder_start_token_id", ID, decoder_start_id)

// The members of ig_config that the classes agree on. init_std holds initializer_factor.
#define IG_T5_DEFAULTS(layer_count, head_count, inner_units, ...)                              \
  .d_model = 512,                                                                              \
  .encoder = {.layers = layer_count,                                                           \
              .self = {.heads = head_count, .head_size = 64, .unscaled = true},                \
              .feed_forward = {.inner = inner_units, __VA_ARGS__},                             \
              .norm = {.eps = 1e-6f, .rms = true},                                             \
              .pre_norm = true,                                                                \
              .final_norm = true,                                                              \
              .final_dropout = true,                                                           \
              .dropout = 0.1f},                                                                \
  .decoder = {.layers = -1}, .positions = {.kind = IG_POSITION_NONE},                          \
  .relative = {.buckets = 32, .farthest = 128}, .shared_embedding = true, .tied_output = true, \
  .pad_id = 0, .eos_id = 1, .bos_id = -1, .decoder_start_id = 0, .forced_eos_id = -1,          \
  .init_std = 1.0f

#define IG_T5_CONSTANTS(model_type, architecture)                            \
  "{\"model_type\": \"" model_type "\", \"architectures\": [\"" architecture \
  "\"], \"is_encoder_decoder\": true, \"use_cache\": true, \"dtype\": \"float32\"}"

// A family's `complete`: stacks alike but for their layers, one dropout for all places, and the
// other names that transformers takes for some keys.
ig_status ig_t5_shared_complete(const json_t *json, const char *where, ig_config *config,
                                ig_error *err);
// A family's `initialize`: normal numbers whose deviations keep the sizes of rows without a scale
// in attention   (transformers' T5PreTrainedModel).
void ig_t5_shared_initialize(const ig_config *config, const ig_parameter *parameter, uint64_t seed,
                             float *values);
#endif
