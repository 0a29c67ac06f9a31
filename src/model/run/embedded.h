// The beginning of a stack: its embedded rows, dropout(norm(scale * token + type + position)), of
// which not every model has the norm and the types. Where they have other columns than d_model, a
// linear layer follows.
#ifndef IG_MODEL_RUN_EMBEDDED_H
#define IG_MODEL_RUN_EMBEDDED_H
#include "model/run/run_context.h"

// What one stack has of it; borrows from the model and the context.
typedef struct ig_embedded {
  const ig_embedding *tokens, *positions;
  const ig_embedding *types;    // NULL, or without a weight: the tokens have none
  const float *table;           // row p: what position p adds
  const ig_norm *norm;          // or NULL
  const ig_linear *projection;  // or NULL
  const ig_dropout *dropout;
} ig_embedded;

typedef struct ig_embedded_state {
  float *sum;     // (rows, e), with e = the embedding's columns
  float *normed;  // (rows, e), where there is a norm
  // (rows, the more of d and e), where there is a projection: its output, and in the backward the
  // gradient of its input
  float *projected;
  ig_norm_state norm;
} ig_embedded_state;

typedef struct ig_embedded_rows {
  int rows;
  const int *ids, *position;  // (rows)
  const int *type;            // (rows), where the tokens have types
} ig_embedded_rows;

ig_embedded ig_embedded_of_encoder(const ig_run_context *context);
ig_embedded ig_embedded_of_decoder(const ig_run_context *context);
void ig_embedded_carve(ig_embedded_state *state, ig_arena *arena, const ig_model *model,
                       const ig_stack_shape *stack, int rows);
// Returns the embedded rows (rows, d), inside state.
const float *ig_embedded_forward(ig_nn *nn, const ig_embedded *embedded,
                                 const ig_embedded_state *state, const ig_embedded_rows *rows);
// After the forward of the same rows. gradient (rows, d): of the embedded rows; overwritten. Adds
// to the model's gradients.
void ig_embedded_backward(ig_nn *nn, const ig_embedded *embedded, const ig_embedded_state *state,
                          const ig_embedded_rows *rows, float *gradient);
#endif
