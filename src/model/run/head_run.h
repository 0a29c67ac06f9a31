// Running an encoder with its head: ids in, and out what the head gives for each row or sequence.
#ifndef IG_MODEL_RUN_HEAD_RUN_H
#define IG_MODEL_RUN_HEAD_RUN_H
#include "model/run/encoder_run.h"

typedef struct ig_head_run ig_head_run;  // ig_head_run_free; borrows the model and the pool
// pool NULL: serial. The model must outlive the run and have been packed (ig_model_load does), or
// it is packed in each product. size: of the batches, at most.
ig_status ig_head_run_create(const ig_model *model, ig_pool *pool, const ig_encoder_run_size *size,
                             ig_head_run **out, ig_error *err);
void ig_head_run_free(ig_head_run *run);
// Bytes that create takes; nothing is reserved.
ig_status ig_head_run_measure(const ig_model *model, ig_pool *pool, const ig_encoder_run_size *size,
                              size_t *bytes, ig_error *err);
// Its request ends what is still to be computed (nn/nn.h); NULL: nobody's does.
void ig_head_run_watch(ig_head_run *run, ig_interrupt_watch *watch);

typedef struct ig_head_run_batch {
  const int *ids;         // of all sequences back to back
  const int *types;       // (rows): of their tokens; NULL: all 0
  const ig_ragged *rows;  // of each sequence
} ig_head_run_batch;

// What one batch gave, valid until the next one.
typedef struct ig_head_run_result {
  const float *hidden;   // (rows, hidden_columns): the encoder's
  int hidden_columns;    // d_model
  const float *outputs;  // (rows, or sequences; columns): the head's; NULL: the model has none
  int columns;
  bool of_sequences;  // outputs has a row for each sequence
} ig_head_run_result;
// Allocates nothing.
ig_head_run_result ig_head_run_forward(ig_head_run *run, const ig_head_run_batch *batch);
#endif
