// A Transformer in memory: its options, its tensors and the layers that point into them.
#ifndef IG_MODEL_MODEL_H
#define IG_MODEL_MODEL_H
#include "base/problems.h"
#include "model/config.h"
#include "model/weight_type.h"
#include "nn/embedding.h"
#include "nn/feed_forward.h"
#include "nn/multi_head_attention.h"
#include "nn/norm.h"
#include "nn/ssru.h"

enum { IG_NAME_SIZE = 96 };  // of a tensor's name, its NUL included

// A tensor of the state_dict. Tied tensors appear once.
typedef struct ig_parameter {
  const struct ig_tensor_row *row;  // of the family's table
  int layer;                        // 0 where the row is not of a layer
  char name[IG_NAME_SIZE];
  int rank;
  size_t shape[4];
  size_t count;   // values
  size_t offset;  // into values and gradients
  bool trained;   // false: a constant
  bool frozen;    // by the trainer: it has no gradient, and keeps its values
} ig_parameter;

typedef struct ig_encoder_layer {
  ig_multi_head_attention self_attention;
  ig_feed_forward feed_forward;
  ig_norm self_attention_norm, feed_forward_norm;
  ig_dropout dropout;  // of the sublayers' outputs; its stream names the first, +1 the next
} ig_encoder_layer;

typedef struct ig_decoder_layer {
  ig_multi_head_attention self_attention, cross_attention;
  ig_ssru cell;  // in place of self-attention, where the stack is recurrent
  ig_feed_forward feed_forward;
  ig_norm self_attention_norm, cross_attention_norm, feed_forward_norm;
  ig_dropout dropout;
} ig_decoder_layer;

struct ig_model {
  ig_config config;
  ig_parameter *parameters;
  size_t parameter_count;
  size_t value_count;  // floats in values: trained ones first
  size_t trained_count;
  ig_arena memory, gradient_memory;
  float *values;     // (value_count)
  float *gradients;  // (trained_count) or NULL
  // The height (ig_model_part_height) of the lowest tensor of each stack that is not frozen, where
  // the backward ends; layers + 2: all are frozen.
  int encoder_trained_from, decoder_trained_from;
  ig_embedding source_embedding, target_embedding;
  ig_dropout source_dropout, target_dropout;               // of the embedded rows
  ig_encoder_layer *encoder;                               // (ig_config_stored_layers)
  ig_decoder_layer *decoder;                               // (config.decoder.layers)
  ig_norm encoder_embedding_norm, decoder_embedding_norm;  // where the stack has one
  ig_norm encoder_norm, decoder_norm;                      // where the stack has a final norm
  ig_dropout encoder_end_dropout, decoder_end_dropout;     // of what the final norms give
  float hidden_scale;                                      // of the decoder's rows at its end
  ig_relative_buckets encoder_buckets, decoder_buckets;    // where attention has relative biases
  // What the family's files hold. Their row 0 is the first position's. Without a weight: computed
  // sinusoids; without a gradient: constants.
  ig_embedding encoder_positions, decoder_positions;
  ig_embedding token_types;        // of a model whose tokens have types
  ig_linear embedding_projection;  // of the encoder's embedded rows, where they have other columns
  ig_linear head_dense;            // where the head has one
  ig_norm head_norm;
  ig_linear
      output;       // d -> V or what the head gives; its bias is the trained one or the logits bias
  ig_arena packed;  // packed weights of all linear layers; without memory if they are not packed
  ig_weight_type weight_type;  // of the packed weights
  ig_weight_type stored_type;  // that those of the directory ask for; of a new model fp32
  // The loaded generation_config.json as text. Of a directory without one: an object of the keys of
  // its config.json that ask something of a decoder. NULL: the model was not loaded.
  char *generation_config;
  bool generation_in_config;  // generation_config is from config.json
  ig_problems notes;          // what the directory has and the model has not
};

// The name of the file that model->generation_config is from.
const char *ig_model_generation_file(const ig_model *model);
#endif
