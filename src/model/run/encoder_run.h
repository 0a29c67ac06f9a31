// Running an encoder by itself: ids in, one row of d_model numbers out for each.
#ifndef IG_MODEL_RUN_ENCODER_RUN_H
#define IG_MODEL_RUN_ENCODER_RUN_H
#include "model/run/run_context.h"

typedef struct ig_encoder_run_size {
  int rows;              // of the sentences that are encoded together, at most
  int longest;           // rows of one sentence, at most
  bool without_outputs;  // of a run with a head: the encoded rows alone are wanted
} ig_encoder_run_size;

typedef struct ig_encoder_run ig_encoder_run;  // ig_encoder_run_free; borrows its context
// Also makes the context hold what the run needs of it.
ig_status ig_encoder_run_create(ig_run_context *context, const ig_encoder_run_size *size,
                                ig_encoder_run **out, ig_error *err);
// What create takes; nothing is reserved.
ig_status ig_encoder_run_measure(ig_run_context *context, const ig_encoder_run_size *size,
                                 ig_run_needs *out, ig_error *err);
void ig_encoder_run_free(ig_encoder_run *run);

// ids: of all sentences back to back, with their end tokens. Returns (rows, d_model), valid until
// the next call. Allocates nothing.
const float *ig_encoder_run_forward(ig_encoder_run *run, const int *ids,
                                    const ig_ragged *sentences);
// The same, with the types of the tokens (rows); NULL: all 0.
const float *ig_encoder_run_forward_typed(ig_encoder_run *run, const int *ids, const int *types,
                                          const ig_ragged *sentences);
#endif
