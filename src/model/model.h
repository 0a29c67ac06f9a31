// A Transformer in memory: its options, its tensors and the layers that point into them.
#ifndef IG_MODEL_MODEL_H
#define IG_MODEL_MODEL_H
#include "nn/embedding.h"
#include "nn/feed_forward.h"
#include "nn/multi_head_attention.h"
#include "nn/norm.h"

// A tensor of the state_dict. Tied tensors appear once.
typedef struct ig_parameter {
  char name[96];
  int rank;
  size_t shape[4];
  size_t count;   // values
  size_t offset;  // into values and gradients
  bool trained;   // false: a constant buffer (final_logits_bias)
} ig_parameter;

typedef struct ig_encoder_layer {
  ig_multi_head_attention self_attention;
  ig_feed_forward feed_forward;
  ig_norm self_attention_norm, feed_forward_norm;
  ig_dropout dropout;  // of the sublayers' outputs; its stream names the first, +1 the next
} ig_encoder_layer;

typedef struct ig_decoder_layer {
  ig_multi_head_attention self_attention, cross_attention;
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
  ig_embedding source_embedding, target_embedding;
  ig_dropout source_dropout, target_dropout;  // of the embedded rows
  ig_encoder_layer *encoder;                  // (encoder_layers)
  ig_decoder_layer *decoder;                  // (decoder_layers)
  ig_norm encoder_norm, decoder_norm;         // where config.final_norm
  ig_linear output;  // d -> V; its bias is the trained one or the logits bias
  ig_arena packed;  // packed weights of all linear layers; without memory while they are not packed
  char *generation_config;  // the loaded generation_config.json as text, or NULL
};

// The options that a model directory's config.json states.
struct ig_family;
ig_status ig_model_read_config(const char *directory, ig_config *out,
                               const struct ig_family **family, ig_error *err);
// The directory's safetensors; where there are only weights of another kind, the message says how
// to convert them.
struct ig_safetensors;
ig_status ig_model_open_weights(const char *directory, struct ig_safetensors **out, ig_error *err);
// Whether names and shapes are those of a model of these options.
ig_status ig_model_check_weights(const char *directory, const ig_config *config,
                                 const struct ig_safetensors *file, ig_error *err);
// A model of these options, every value 0; the options are checked, and `where` opens the messages.
ig_status ig_model_allocate(const ig_config *config, const char *where, ig_model **out,
                            ig_error *err);
// `count` zeroed floats in an arena of their own.
ig_status ig_model_reserve(ig_arena *arena, size_t count, float **out, ig_error *err);
// Gradients for training: allocated, zeroed, and wired into the layers.
ig_status ig_model_need_gradients(ig_model *model, ig_error *err);
// Packs every linear layer for inference (once; not while training changes the weights).
ig_status ig_model_pack(ig_model *model, ig_error *err);
// A model that is only to run: packed by the threads of pool (NULL: one) as it is read. Weights
// that nothing but linear layers needs stand packed alone: in values they are zeros, and unpacking
// is not for this model.
ig_status ig_model_load_packed(const char *directory, ig_pool *pool, ig_model **out, ig_error *err);
void ig_model_unpack(ig_model *model);
#endif
