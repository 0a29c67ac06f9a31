// Rows for the names that BERT and its descendants have in Hugging Face transformers. `prefix` is
// what the names of the class without a head begin with: "bert.", "roberta.", "electra.".
#ifndef IG_MODEL_ARCH_ENCODER_ROWS_H
#define IG_MODEL_ARCH_ENCODER_ROWS_H
#include "model/arch/tensor_row.h"

#define IG_ENCODER_EMBEDDING_ROWS(prefix)                                                        \
  IG_ROW_WEIGHT(NONE, SHARED_EMBEDDING, prefix "embeddings.word_embeddings.weight"),             \
      IG_ROW_WEIGHT(ENCODER, LEARNED_POSITIONS, prefix "embeddings.position_embeddings.weight"), \
      IG_ROW_WEIGHT(NONE, TOKEN_TYPES, prefix "embeddings.token_type_embeddings.weight"),        \
      IG_ROWS(ENCODER, EMBEDDING_NORM, prefix "embeddings.LayerNorm")

// Buffers of older files.
#define IG_ENCODER_IGNORED_ROWS(prefix)             \
  IG_ROW_IGNORED(prefix "embeddings.position_ids"), \
      IG_ROW_IGNORED(prefix "embeddings.token_type_ids")

#define IG_ENCODER_ATTENTION_ROWS(name)                         \
  IG_ROW_WEIGHT(ENCODER, SELF_QUERY, name ".query.weight"),     \
      IG_ROW_WEIGHT(ENCODER, SELF_KEY, name ".key.weight"),     \
      IG_ROW_WEIGHT(ENCODER, SELF_VALUE, name ".value.weight"), \
      IG_ROW_BIAS(ENCODER, SELF_QUERY, name ".query.bias"),     \
      IG_ROW_BIAS(ENCODER, SELF_KEY, name ".key.bias"),         \
      IG_ROW_BIAS(ENCODER, SELF_VALUE, name ".value.bias")

#define IG_ENCODER_LAYER_ROWS(prefix)                                                    \
  IG_ENCODER_ATTENTION_ROWS(prefix "encoder.layer.%d.attention.self"),                   \
      IG_ROWS(ENCODER, SELF_OUTPUT, prefix "encoder.layer.%d.attention.output.dense"),   \
      IG_ROWS(ENCODER, SELF_NORM, prefix "encoder.layer.%d.attention.output.LayerNorm"), \
      IG_ROWS(ENCODER, INNER, prefix "encoder.layer.%d.intermediate.dense"),             \
      IG_ROWS(ENCODER, OUTER, prefix "encoder.layer.%d.output.dense"),                   \
      IG_ROWS(ENCODER, FEED_FORWARD_NORM, prefix "encoder.layer.%d.output.LayerNorm")

// ---- heads ------------------------------------------------------------------
// A file may hold what another head than the one in use has: a pooler that fine-tuning left.

#define IG_HEAD_BIT(head) (1 << IG_HEAD_##head)
#define IG_HEAD_ROW_WEIGHT(heads, of, called) \
  { .part = IG_PART_##of, .name = called, .of_heads = heads, .leftover = true }
#define IG_HEAD_ROW_BIAS(heads, of, called) \
  { .part = IG_PART_##of, .bias = true, .name = called, .of_heads = heads, .leftover = true }
#define IG_HEAD_ROWS(heads, of, called) \
  IG_HEAD_ROW_WEIGHT(heads, of, called ".weight"), IG_HEAD_ROW_BIAS(heads, of, called ".bias")

#define IG_SPAN_HEAD_ROWS IG_HEAD_ROWS(IG_HEAD_BIT(SPAN), OUTPUT, "qa_outputs")

// A layer and a norm before the output over the vocabulary, which is tied and has a bias of its
// own; files of old hold the bias under a second name.
#define IG_MASKED_HEAD_ROWS(dense, norm, decoder, called)                        \
  IG_HEAD_ROWS(IG_HEAD_BIT(MASKED_TOKENS), HEAD_DENSE, dense),                   \
      IG_HEAD_ROWS(IG_HEAD_BIT(MASKED_TOKENS), HEAD_NORM, norm),                 \
      IG_HEAD_ROW_WEIGHT(IG_HEAD_BIT(MASKED_TOKENS), OUTPUT, decoder ".weight"), \
      {.part = IG_PART_OUTPUT,                                                   \
       .bias = true,                                                             \
       .name = called,                                                           \
       .of_heads = IG_HEAD_BIT(MASKED_TOKENS),                                   \
       .leftover = true,                                                         \
       .alias = {decoder ".bias"}},                                              \
      IG_ROW_IGNORED(decoder ".bias")
#endif
