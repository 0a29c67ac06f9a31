// The encoder: embedded source rows through self-attention and feed-forward layers   (Vaswani et
// al. 2017, 3.1)
#ifndef IG_MODEL_RUN_ENCODER_H
#define IG_MODEL_RUN_ENCODER_H
#include "model/run/sublayer.h"
#include "nn/self_attention.h"

typedef struct ig_encoder_layer_state {
  const float *input;   // (rows, d), the layer below's output
  const float *middle;  // (rows, d), between the sublayers
  ig_multi_head_attention_state self_attention;
  ig_feed_forward_state feed_forward;
  ig_sublayer_state sublayer[2];
} ig_encoder_layer_state;

typedef struct ig_encoder_state {
  int *position;                   // (rows)
  float *embedded;                 // (rows, d)
  ig_encoder_layer_state *layers;  // (encoder_layers); storage of the owner, pointers set by carve
  ig_keeping keeping;
  ig_sublayer_state final;   // where config.final_norm
  const float *final_input;  // (rows, d)
} ig_encoder_state;

void ig_encoder_carve(ig_encoder_state *state, ig_arena *arena, const ig_model *model, int rows,
                      ig_keeping keeping);
// ids (rows); positions: the table of sinusoids. Returns the memory (rows, d), inside state.
const float *ig_encoder_forward(ig_nn *nn, const ig_model *model, ig_encoder_state *state,
                                const ig_ragged *source, const int *ids, const float *positions,
                                const ig_attention_mask *mask);
// gradient (rows, d) of the memory, overwritten; dropped, normed (rows, d) are scratch.
void ig_encoder_backward(ig_nn *nn, const ig_model *model, ig_encoder_state *state,
                         const ig_ragged *source, const int *ids, const ig_attention_mask *mask,
                         float *gradient, float *dropped, float *normed);
size_t ig_encoder_scratch(const ig_nn *nn, const ig_model *model, int rows, int longest,
                          bool training);
#endif
