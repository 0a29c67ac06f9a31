// The shapes of a Transformer. A family fills them from the keys of its config.json; everything
// else in the library reads them.
#ifndef IG_MODEL_CONFIG_H
#define IG_MODEL_CONFIG_H
#include <stddef.h>
#include "ingot.h"
#include "nn/activation.h"
#include "nn/positions.h"

// No search has more beams.
#define IG_WIDEST_BEAM 1024

typedef struct ig_attention_shape {
  int heads;
  int head_size;  // 0: d_model / heads
  bool unscaled;  // scores are not divided by sqrt(head size)
  bool bias;
  float dropout;  // of the attention probabilities
} ig_attention_shape;

typedef struct ig_feed_forward_shape {
  int inner;  // units between the two linear layers
  ig_activation activation;
  bool gated;  // a third linear layer, whose output the activated one multiplies
  bool bias;
  float dropout;  // of the inner units
} ig_feed_forward_shape;

typedef struct ig_norm_shape {
  float eps;
  bool rms;  // false: layer norm
  bool bias;
} ig_norm_shape;

// The encoder or the decoder. One of no layers has only the tensors beside its layers: a
// final norm, positions, a norm of the embedded rows.
typedef struct ig_stack_shape {
  int layers;
  // Of an encoder: layers are in so many groups, and those of a group are one layer that runs
  // several times   (Lan et al. 2020, 3.1); 0: each has weights of its own.
  int groups;
  ig_attention_shape self, cross;  // the encoder has no cross-attention
  ig_feed_forward_shape feed_forward;
  ig_norm_shape norm;
  bool recurrent;       // of a decoder: a recurrent unit (nn/ssru.h) in place of self-attention
  bool embedding_norm;  // a norm of the embedded rows
  bool pre_norm;        // a norm before each sublayer; else after it
  bool final_norm;      // a norm after the last layer
  bool final_dropout;   // dropout of what the final norm gives
  float dropout;        // of the embedded rows and of each sublayer's output
  float layerdrop;      // of whole layers (LayerDrop), which training leaves out
} ig_stack_shape;

typedef struct ig_position_shape {
  ig_position_kind kind;
  int count;      // the longest sequence; 0: unbounded
  int offset;     // the first token's row in a table, or the number its sinusoid is computed from
  bool computed;  // the model has no tables of sinusoids, though its family has rows for them
} ig_position_shape;

// Trained biases of self-attention by the distance from query to key (nn/relative_bias.h). A family
// has one table for all layers of a stack or one a layer, as its rows of tensors say.
typedef struct ig_relative_shape {
  int buckets;  // 0: there are none
  int farthest;
} ig_relative_shape;

// What a model ends in; the table of heads is in model/head/head.c.
typedef enum ig_head_kind {
  IG_HEAD_LANGUAGE_MODEL,  // of a decoder: the next token
  IG_HEAD_NONE,            // the rows of the last stack
  IG_HEAD_SPAN,            // of each row how well an answer begins and ends there
  IG_HEAD_CLASSES,         // of each sequence how well each class fits
  IG_HEAD_TOKEN_CLASSES,   // of each row how well each class fits
  IG_HEAD_MASKED_TOKENS    // of each row how well each token of the vocabulary fits there
} ig_head_kind;

typedef struct ig_head_shape {
  ig_head_kind kind;
  int classes;               // of IG_HEAD_CLASSES and IG_HEAD_TOKEN_CLASSES
  ig_activation activation;  // of the linear layer before the output layer, where there is one
  bool is_new;               // no file has its tensors: they are drawn
} ig_head_shape;

// A plain value: it owns nothing and may be copied. Ids that the model does not have are -1.
struct ig_config {
  const struct ig_family *family;
  // What the family's config.json calls the member at this offset of ig_config, or NULL if it has
  // no key for it. A NULL function: no names are known.
  const char *(*key_name)(const struct ig_family *family, size_t offset);
  int vocab_size;  // of the source
  int target_vocab_size;
  int d_model;
  // Columns of the tables of tokens, types and positions and of their norm, after which a linear
  // layer gives d_model   (Lan et al. 2020, 3.1); 0: d_model, without such a layer.
  int embedding_size;
  ig_stack_shape encoder, decoder;
  ig_position_shape positions;
  ig_relative_shape relative;
  ig_head_shape head;
  // Kinds of tokens, as the first and the second text of a pair, of which each has a row that is
  // added to its embeddings; 0: there are none.
  int token_types;
  bool scale_embedding;       // embeddings times sqrt(d_model)
  bool shared_embedding;      // one table for source and target
  bool frozen_pad_embedding;  // the row of pad_id gets no gradient from look-ups (padding_idx)
  bool tied_output;           // the output layer's weight is the target embedding
  bool scaled_output;         // the decoder's rows times d_model^-0.5 before the output layer
  bool output_bias;           // a trained bias of the output layer
  bool logits_bias;           // a constant that is added to the logits
  int pad_id, eos_id, bos_id;
  int decoder_start_id;
  int forced_eos_id;
  float init_std;  // of new weights; 0: the initialisation's own choice
};

// Whether there is a decoder: else the model is an encoder and its head.
bool ig_config_decodes(const ig_config *config);
// IG_ERROR_UNSUPPORTED if there is none; `where` opens the message.
ig_status ig_config_check_decodes(const ig_config *config, const char *where, ig_error *err);
// Columns of what the head gives; 0: there is none.
int ig_config_outputs(const ig_config *config);

// Layers that have weights of their own, and which of them layer i runs with.
int ig_config_stored_layers(const ig_stack_shape *stack);
int ig_config_stored_layer(const ig_stack_shape *stack, int i);

// Columns of the tables of embeddings.
int ig_config_embedding_columns(const ig_config *config);
// Columns of what the head's output layer reads.
int ig_config_output_inputs(const ig_config *config);

// Columns of the queries of all heads of an attention together, and of its keys and values.
int ig_config_attention_width(const ig_config *config, const ig_attention_shape *attention);

// Checks all options at once; the message names the option as the family's config.json. `where`
// opens the message: a path, or what the options came from.
ig_status ig_config_check(const ig_config *config, const char *where, ig_error *err);
// The same checks, and a copy for ig_config_free.
ig_status ig_config_keep(const ig_config *config, const char *where, ig_config **out,
                         ig_error *err);

// Gives the decoder what the encoder has, except for layers, heads and inner units: for families
// whose config.json says the rest once for both. Cross-attention becomes what the decoder's
// self-attention is.
void ig_config_match_stacks(ig_config *config);

// Where the output layer is not tied to the target embedding, nothing is: source and target have
// tables of their own, also if they have one vocabulary (transformers 5).
void ig_config_untie_tables(ig_config *config);

typedef struct ig_dropouts {
  float sublayers, attention, activation;
} ig_dropouts;
// The dropouts, of which both stacks have the same.
ig_dropouts ig_config_dropouts(const ig_config *config);
void ig_config_set_dropouts(ig_config *config, ig_dropouts dropouts);
// Whether the linear layers and the norms of both stacks have biases.
void ig_config_set_bias(ig_config *config, bool bias);
#endif
