// Rows for the names of T5, mT5 and UMT5 in Hugging Face transformers.
#ifndef IG_MODEL_ARCH_T5_ROWS_H
#define IG_MODEL_ARCH_T5_ROWS_H
#include "model/arch/tensor_row.h"

#define IG_T5_EMBEDDING_ROW                                                            \
  {                                                                                    \
    IG_STACK_NONE, IG_PART_SHARED_EMBEDDING, false, "shared.weight", false, .alias = { \
      "encoder.embed_tokens.weight",                                                   \
      "decoder.embed_tokens.weight"                                                    \
    }                                                                                  \
  }

#define IG_T5_ATTENTION_ROWS(stack, part, name)             \
  IG_ROW_WEIGHT(stack, part##_QUERY, name ".q.weight"),     \
      IG_ROW_WEIGHT(stack, part##_KEY, name ".k.weight"),   \
      IG_ROW_WEIGHT(stack, part##_VALUE, name ".v.weight"), \
      IG_ROW_WEIGHT(stack, part##_OUTPUT, name ".o.weight")

// The feed-forward of one layer: with a gate wi_0 and wi_1, without one wi.
#define IG_T5_FEED_FORWARD_ROWS(stack, layer)                           \
  IG_ROW_WEIGHT(stack, INNER, layer ".DenseReluDense.wi.weight"),       \
      IG_ROW_WEIGHT(stack, GATE, layer ".DenseReluDense.wi_0.weight"),  \
      IG_ROW_WEIGHT(stack, GATED, layer ".DenseReluDense.wi_1.weight"), \
      IG_ROW_WEIGHT(stack, OUTER, layer ".DenseReluDense.wo.weight"),   \
      IG_ROW_WEIGHT(stack, FEED_FORWARD_NORM, layer ".layer_norm.weight")

// `bias`: the row of the relative biases, of which a family has one for a stack or one a layer.
#define IG_T5_ENCODER_ROWS(bias)                                                       \
  bias, IG_T5_ATTENTION_ROWS(ENCODER, SELF, "encoder.block.%d.layer.0.SelfAttention"), \
      IG_ROW_WEIGHT(ENCODER, SELF_NORM, "encoder.block.%d.layer.0.layer_norm.weight"), \
      IG_T5_FEED_FORWARD_ROWS(ENCODER, "encoder.block.%d.layer.1"),                    \
      IG_ROW_WEIGHT(ENCODER, FINAL_NORM, "encoder.final_layer_norm.weight")
#define IG_T5_DECODER_ROWS(bias)                                                        \
  bias, IG_T5_ATTENTION_ROWS(DECODER, SELF, "decoder.block.%d.layer.0.SelfAttention"),  \
      IG_ROW_WEIGHT(DECODER, SELF_NORM, "decoder.block.%d.layer.0.layer_norm.weight"),  \
      IG_T5_ATTENTION_ROWS(DECODER, CROSS, "decoder.block.%d.layer.1.EncDecAttention"), \
      IG_ROW_WEIGHT(DECODER, CROSS_NORM, "decoder.block.%d.layer.1.layer_norm.weight"), \
      IG_T5_FEED_FORWARD_ROWS(DECODER, "decoder.block.%d.layer.2"),                     \
      IG_ROW_WEIGHT(DECODER, FINAL_NORM, "decoder.final_layer_norm.weight")

// The last rows: the output layer, and what files hold that nobody reads. Old T5 files have a table
// of cross-attention's biases, which was never used.
#define IG_T5_LAST_ROWS                                                                       \
  IG_ROW_WEIGHT(NONE, OUTPUT, "lm_head.weight"), IG_ROW_IGNORED("lm_head.weight"),            \
      IG_ROW_COPY("encoder.embed_tokens.weight"), IG_ROW_COPY("decoder.embed_tokens.weight"), \
      IG_ROW_IGNORED("decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight")

// `layer` of a stack's rows: "0" for one table, "%d" for one a layer.
#define IG_T5_BIAS_ROW(stack, stack_name, layer) \
  IG_ROW_WEIGHT(stack, RELATIVE_BIAS,            \
                stack_name ".block." layer       \
                           ".layer.0.SelfAttention.relative_attention_bias.weight")
#endif
