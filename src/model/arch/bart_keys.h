// Keys for the names that BART's descendants have in config.json, MarianMT and Pegasus among them.
#ifndef IG_MODEL_ARCH_BART_KEYS_H
#define IG_MODEL_ARCH_BART_KEYS_H
#include "model/arch/json_keys.h"

#define IG_BART_KEYS                                                                              \
  IG_JSON_OPTION("d_model", INT, d_model), IG_JSON_OPTION("encoder_layers", INT, encoder.layers), \
      IG_JSON_OPTION("decoder_layers", INT, decoder.layers),                                      \
      IG_JSON_OPTION("encoder_attention_heads", INT, encoder.self.heads),                         \
      IG_JSON_OPTION("decoder_attention_heads", INT, decoder.self.heads),                         \
      IG_JSON_OPTION("encoder_ffn_dim", INT, encoder.feed_forward.inner),                         \
      IG_JSON_OPTION("decoder_ffn_dim", INT, decoder.feed_forward.inner),                         \
      IG_JSON_OPTION("activation_function", ACTIVATION, encoder.feed_forward.activation),         \
      IG_JSON_OPTION("dropout", FLOAT, encoder.dropout),                                          \
      IG_JSON_OPTION("attention_dropout", FLOAT, encoder.self.dropout),                           \
      IG_JSON_OPTION("activation_dropout", FLOAT, encoder.feed_forward.dropout),                  \
      IG_JSON_KEY("encoder_layerdrop", FLOAT, encoder.layerdrop),                                 \
      IG_JSON_KEY("decoder_layerdrop", FLOAT, decoder.layerdrop),                                 \
      IG_JSON_OPTION("max_position_embeddings", INT, positions.count),                            \
      IG_JSON_OPTION("scale_embedding", BOOL, scale_embedding)
#endif
