// Rows for the names of Hugging Face's BART, which MarianMT, Pegasus, mBART and M2M-100 have too.
// Each macro is the rows of one layer, in the order that tensor_row.h asks for.
#ifndef IG_MODEL_ARCH_BART_ROWS_H
#define IG_MODEL_ARCH_BART_ROWS_H
#include "model/arch/tensor_row.h"

#define IG_BART_ATTENTION_ROWS(stack, part, name)                \
  IG_ROW_WEIGHT(stack, part##_QUERY, name ".q_proj.weight"),     \
      IG_ROW_WEIGHT(stack, part##_KEY, name ".k_proj.weight"),   \
      IG_ROW_WEIGHT(stack, part##_VALUE, name ".v_proj.weight"), \
      IG_ROW_BIAS(stack, part##_QUERY, name ".q_proj.bias"),     \
      IG_ROW_BIAS(stack, part##_KEY, name ".k_proj.bias"),       \
      IG_ROW_BIAS(stack, part##_VALUE, name ".v_proj.bias"),     \
      IG_ROWS(stack, part##_OUTPUT, name ".out_proj")

#define IG_BART_ENCODER_LAYER "model.encoder.layers.%d."
#define IG_BART_ENCODER_ROWS                                                     \
  IG_BART_ATTENTION_ROWS(ENCODER, SELF, IG_BART_ENCODER_LAYER "self_attn"),      \
      IG_ROWS(ENCODER, SELF_NORM, IG_BART_ENCODER_LAYER "self_attn_layer_norm"), \
      IG_ROWS(ENCODER, INNER, IG_BART_ENCODER_LAYER "fc1"),                      \
      IG_ROWS(ENCODER, OUTER, IG_BART_ENCODER_LAYER "fc2"),                      \
      IG_ROWS(ENCODER, FEED_FORWARD_NORM, IG_BART_ENCODER_LAYER "final_layer_norm")

#define IG_BART_DECODER_LAYER "model.decoder.layers.%d."
#define IG_BART_CROSS_AND_FEED_FORWARD_ROWS                                          \
  IG_BART_ATTENTION_ROWS(DECODER, CROSS, IG_BART_DECODER_LAYER "encoder_attn"),      \
      IG_ROWS(DECODER, CROSS_NORM, IG_BART_DECODER_LAYER "encoder_attn_layer_norm"), \
      IG_ROWS(DECODER, INNER, IG_BART_DECODER_LAYER "fc1"),                          \
      IG_ROWS(DECODER, OUTER, IG_BART_DECODER_LAYER "fc2"),                          \
      IG_ROWS(DECODER, FEED_FORWARD_NORM, IG_BART_DECODER_LAYER "final_layer_norm")
#define IG_BART_DECODER_ROWS                                                     \
  IG_BART_ATTENTION_ROWS(DECODER, SELF, IG_BART_DECODER_LAYER "self_attn"),      \
      IG_ROWS(DECODER, SELF_NORM, IG_BART_DECODER_LAYER "self_attn_layer_norm"), \
      IG_BART_CROSS_AND_FEED_FORWARD_ROWS
#endif
