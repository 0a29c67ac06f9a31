// What the families of encoders with heads share.
#ifndef IG_MODEL_ARCH_ENCODER_SHARED_H
#define IG_MODEL_ARCH_ENCODER_SHARED_H
#include "model/arch/family.h"

// The keys of BERT's config.json, which most of its descendants have too.
#define IG_ENCODER_KEYS                                                                    \
  IG_JSON_KEY("vocab_size", INT, vocab_size), IG_JSON_OPTION("hidden_size", INT, d_model), \
      IG_JSON_OPTION("num_hidden_layers", INT, encoder.layers),                            \
      IG_JSON_OPTION("num_attention_heads", INT, encoder.self.heads),                      \
      IG_JSON_OPTION("intermediate_size", INT, encoder.feed_forward.inner),                \
      IG_JSON_OPTION("hidden_act", ACTIVATION, encoder.feed_forward.activation),           \
      IG_JSON_OPTION("hidden_dropout_prob", FLOAT, encoder.dropout),                       \
      IG_JSON_OPTION("attention_probs_dropout_prob", FLOAT, encoder.self.dropout),         \
      IG_JSON_OPTION("max_position_embeddings", INT, positions.count),                     \
      IG_JSON_OPTION("type_vocab_size", INT, token_types),                                 \
      IG_JSON_OPTION("layer_norm_eps", FLOAT, encoder.norm.eps),                           \
      IG_JSON_OPTION("initializer_range", FLOAT, init_std),                                \
      IG_JSON_KEY("pad_token_id", ID, pad_id), {                                           \
    0                                                                                      \
  }

// Sizes of a model that a training configuration begins, at the end of a JSON object.
#define IG_ENCODER_TRAINING_SIZES                                                \
  "\"hidden_size\": 256, \"num_hidden_layers\": 4, \"num_attention_heads\": 4, " \
  "\"intermediate_size\": 1024}"

// A stack of post-norm layers.
#define IG_ENCODER_STACK(count, head_count, units, function, dropped)                       \
  {                                                                                         \
    .layers = count, .self = {.heads = head_count, .bias = true, .dropout = dropped},       \
    .feed_forward = {.inner = units, .activation = IG_ACTIVATION_##function, .bias = true}, \
    .norm = {.eps = 1e-12f, .bias = true}, .embedding_norm = true, .dropout = dropped       \
  }

// What the configurations of BERT and its descendants in transformers have by default besides the
// sizes; `before` are the rows before the first position's.
#define IG_ENCODER_DEFAULTS_BESIDES_SIZES(pad, before)                                          \
  .positions = {.kind = IG_POSITION_LEARNED, .count = 512, .offset = before}, .token_types = 2, \
  .shared_embedding = true, .frozen_pad_embedding = true, .output_bias = true, .pad_id = pad,   \
  .eos_id = -1, .bos_id = -1, .decoder_start_id = -1, .forced_eos_id = -1, .init_std = 0.02f

// The defaults of transformers' BertConfig, but for pad_token_id and the rows before the first
// position's.
#define IG_ENCODER_DEFAULTS(pad, before)                                                      \
  .vocab_size = 30522, .d_model = 768, .encoder = IG_ENCODER_STACK(12, 12, 3072, GELU, 0.1f), \
  IG_ENCODER_DEFAULTS_BESIDES_SIZES(pad, before)

// ig_family.complete and ig_family.adjust_json. The head is what the class in `architectures` says.
ig_status ig_encoder_shared_complete(const json_t *json, const char *where, ig_config *config,
                                     ig_error *err);
// What follows from the kind of the head that config->head has.
void ig_encoder_shared_settle_head(ig_config *config);
// The class of a head, by the one without a head: "BertModel" gives "BertForMaskedLM".
void ig_encoder_shared_class_name(const char *base_class, ig_head_kind head, char *name,
                                  size_t size);
void ig_encoder_shared_adjust_json(const ig_config *config, json_t *json);
// What embedding_size must be; for families whose config.json has the key.
ig_status ig_encoder_shared_check_embedding(const ig_config *config, const char *where,
                                            ig_error *err);
#endif
