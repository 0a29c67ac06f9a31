// The decoder: embedded target rows through self-attention, attention to the encoder's memory, and
// feed-forward layers   (Vaswani et al. 2017, 3.1)
#ifndef IG_MODEL_RUN_DECODER_H
#define IG_MODEL_RUN_DECODER_H
#include "model/run/sublayer.h"
#include "nn/cross_attention.h"
#include "nn/self_attention.h"

typedef struct ig_decoder_layer_state {
  const float *input;      // (rows, d)
  const float *middle[2];  // (rows, d), between the sublayers
  ig_multi_head_attention_state self_attention, cross_attention;
  ig_feed_forward_state feed_forward;
  ig_sublayer_state sublayer[3];
} ig_decoder_layer_state;

typedef struct ig_decoder_state {
  float *embedded;                 // (rows, d)
  ig_decoder_layer_state *layers;  // (decoder_layers); storage of the owner, pointers set by carve
  ig_keeping keeping;
  ig_sublayer_state final;   // where config.final_norm
  const float *final_input;  // (rows, d)
} ig_decoder_state;

// What the rows are and what they see.
typedef struct ig_decoder_view {
  ig_ragged rows;
  const int *ids;          // (rows)
  const int *position;     // (rows): place in the sequence
  const float *positions;  // (max, d): the table
  ig_attention_mask self_mask, cross_mask;
  float *const *key_value;   // one a layer: (memory rows, 2d), from ig_decoder_memory
  const int *memory_begin;   // (sequences): first memory row of each
  const int *memory_length;  // (sequences)
  const ig_kv_cache *cache;  // one a layer, or NULL: the rows see each other
} ig_decoder_view;

void ig_decoder_carve(ig_decoder_state *state, ig_arena *arena, const ig_model *model, int rows,
                      ig_keeping keeping);
// Cross-attention keys and values of every layer: key_value[layer] (memory rows, 2d).
void ig_decoder_memory(ig_nn *nn, const ig_model *model, int memory_rows, const float *memory,
                       float *const *key_value);
// Returns the hidden rows (rows, d) before the output layer, inside state.
const float *ig_decoder_forward(ig_nn *nn, const ig_model *model, ig_decoder_state *state,
                                const ig_decoder_view *view);

typedef struct ig_decoder_backward_args {
  int memory_rows;
  const float *memory;      // (memory rows, d)
  float *gradient;          // (rows, d) of the hidden rows; overwritten
  float *dropped, *normed;  // (rows, d) scratch
  float *dmemory;           // (memory rows, d), added to
} ig_decoder_backward_args;
void ig_decoder_backward(ig_nn *nn, const ig_model *model, ig_decoder_state *state,
                         const ig_decoder_view *view, const ig_decoder_backward_args *args);
// sizes: max_keys is the longer of a sequence's own past and its memory.
size_t ig_decoder_scratch(const ig_nn *nn, const ig_model *model, const ig_attention_sizes *sizes);
#endif
