// The encoder: embedded rows through self-attention and feed-forward layers   (Vaswani et al. 2017,
// 3.1)
//
// A state is memory for one batch; training, scoring and inference all come through these
// functions, and differ in what the state keeps.
#ifndef IG_MODEL_RUN_ENCODER_H
#define IG_MODEL_RUN_ENCODER_H
#include "model/run/embedded.h"
#include "model/run/stack_end.h"
#include "model/run/sublayer.h"
#include "nn/self_attention.h"

typedef struct ig_encoder_layer_state {
  const float *input;   // (rows, d): the output of the layer before
  const float *middle;  // (rows, d): between the sublayers
  ig_multi_head_attention_state self_attention;
  ig_feed_forward_state feed_forward;
  ig_sublayer_state sublayer[2];
} ig_encoder_layer_state;

typedef struct ig_encoder_state {
  int *position;  // (rows)
  int *type;      // (rows), where the model's tokens have types
  ig_embedded_state embedded;
  ig_encoder_layer_state *layers;  // (encoder_layers)
  ig_keeping keeping;
  ig_stack_end_state end;
} ig_encoder_state;

// The rows, and what they see.
typedef struct ig_encoder_view {
  ig_ragged rows;
  const int *ids;                 // (rows)
  const int *types;               // (rows): of their tokens; NULL: all 0
  const ig_attention_mask *mask;  // or NULL
} ig_encoder_view;

// A state of one batch of the model's; ig_encoder_free releases it. It has no buffers before
// ig_encoder_carve has taken them, those of `rows` rows, from an arena of the owner's.
ig_status ig_encoder_create(const ig_model *model, ig_encoder_state *out, ig_error *err);
void ig_encoder_free(ig_encoder_state *state);
void ig_encoder_carve(ig_encoder_state *state, ig_arena *arena, const ig_model *model, int rows,
                      ig_keeping keeping);
// Returns the encoded rows (rows, d), inside state.
const float *ig_encoder_forward(ig_run_context *context, ig_encoder_state *state,
                                const ig_encoder_view *view);
// After the forward of the same view. gradient->gradient (rows, d): of the encoded rows;
// overwritten. Adds to the model's gradients. Ends where all that lies below is frozen.
void ig_encoder_backward(ig_run_context *context, ig_encoder_state *state,
                         const ig_encoder_view *view, ig_sublayer_gradient *gradient);
// Whether it has a tensor that is not frozen.
bool ig_encoder_is_trained(const ig_model *model);
// Scratch bytes of either. sizes->max_keys: rows of the longest sequence.
size_t ig_encoder_scratch(const ig_run_context *context, const ig_attention_sizes *sizes);
#endif
