// The decoder: embedded target rows through self-attention, attention to the memory (the rows that
// the encoder made of the source), and feed-forward layers   (Vaswani et al. 2017, 3.1)
//
// A state is memory for one batch; training, scoring and stepwise decoding all come through these
// functions.
#ifndef IG_MODEL_RUN_DECODER_H
#define IG_MODEL_RUN_DECODER_H
#include "model/run/embedded.h"
#include "model/run/stack_end.h"
#include "model/run/sublayer.h"
#include "nn/cross_attention.h"
#include "nn/self_attention.h"

typedef struct ig_decoder_layer_state {
  const float *input;      // (rows, d): the output of the layer before
  const float *middle[2];  // (rows, d): between the sublayers
  ig_multi_head_attention_state self_attention, cross_attention;
  ig_ssru_state cell;
  ig_feed_forward_state feed_forward;
  ig_sublayer_state sublayer[3];
} ig_decoder_layer_state;

typedef struct ig_decoder_state {
  ig_embedded_state embedded;
  ig_decoder_layer_state *layers;  // (decoder_layers)
  ig_keeping keeping;
  ig_stack_end_state end;
} ig_decoder_state;

// What the rows attend to in the memory, by one layer's cross-attention.
typedef struct ig_attended {
  int layer;  // from 0
  ig_attention_weights weights;
} ig_attended;

// The rows, and what they see.
typedef struct ig_decoder_view {
  ig_ragged rows;
  const int *ids;       // (rows)
  const int *position;  // (rows): position in the sequence
  ig_attention_mask self_mask, cross_mask;
  const ig_kv_rows *key_value;  // one a layer: (memory rows, 2w), from ig_decoder_memory
  const int *memory_begin;      // (sequences): first memory row of each
  const int *memory_length;     // (sequences)
  const ig_kv_cache *cache;  // one a layer, or NULL: the rows see each other; of cells (nn/ssru.h)
                             // where the stack is recurrent
  const ig_attended *attended;  // filled by the forward; NULL: nobody asks
} ig_decoder_view;

// What the backward does to the memory.
typedef struct ig_memory_gradient {
  int rows;             // of the memory
  const float *memory;  // (memory rows, d)
  float *dmemory;       // (memory rows, d), added to; NULL: the encoder is frozen
} ig_memory_gradient;

// A state of one batch of the model's; ig_decoder_free releases it. It has no buffers before
// ig_decoder_carve has taken them, those of `rows` rows, from an arena of the owner's.
ig_status ig_decoder_create(const ig_model *model, ig_decoder_state *out, ig_error *err);
void ig_decoder_free(ig_decoder_state *state);
void ig_decoder_carve(ig_decoder_state *state, ig_arena *arena, const ig_model *model, int rows,
                      ig_keeping keeping);
// Cross-attention keys and values of every layer: key_value[layer] (memory rows, 2w).
void ig_decoder_memory(ig_run_context *context, int memory_rows, const float *memory,
                       const ig_kv_rows *key_value);
// Returns the hidden rows (rows, d) before the head, inside state.
const float *ig_decoder_forward(ig_run_context *context, ig_decoder_state *state,
                                const ig_decoder_view *view);
// After the forward of the same view. gradient->gradient (rows, d): of the hidden rows;
// overwritten. Adds to the model's gradients. Ends where all that lies below is frozen.
void ig_decoder_backward(ig_run_context *context, ig_decoder_state *state,
                         const ig_decoder_view *view, const ig_memory_gradient *memory,
                         ig_sublayer_gradient *gradient);
// Scratch bytes of all three. sizes->max_keys: the longer of a sequence's own past and its memory.
size_t ig_decoder_scratch(const ig_run_context *context, const ig_attention_sizes *sizes);
#endif
