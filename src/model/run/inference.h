// An encoder run that feeds a decoder run, over one context: what decoding needs of a model that
// has both.
#ifndef IG_MODEL_RUN_INFERENCE_H
#define IG_MODEL_RUN_INFERENCE_H
#include "model/run/decoder_run.h"
#include "model/run/encoder_run.h"

typedef struct ig_inference_size {
  int sentences;        // seats for encoded ones
  int source_rows;      // of the sentences that are encoded together, at most
  int memory_rows;      // source rows of all seats together, at most: no fewer than source_rows
  int longest;          // source rows of one sentence, at most
  int slots;            // hypotheses stepped at a time, at most
  int max_length;       // decoder positions, start token included
  bool without_logits;  // these two as in ig_decoder_run_size
  int attended;
} ig_inference_size;

// Belongs to one thread, or to one pool; the model is shared and not changed. Callers step and
// leave through `decoder` (model/run/decoder_run.h).
typedef struct ig_inference {
  ig_run_context context;
  ig_encoder_run *encoder;
  ig_decoder_run *decoder;
} ig_inference;

// pool NULL: serial. The model must outlive it and have been packed (ig_model_load does), or it is
// packed in each product. ig_inference_free releases it.
ig_status ig_inference_create(const ig_model *model, ig_pool *pool, const ig_inference_size *size,
                              ig_inference **out, ig_error *err);
// Bytes that create takes; nothing is reserved.
ig_status ig_inference_measure(const ig_model *model, ig_pool *pool, const ig_inference_size *size,
                               size_t *bytes, ig_error *err);
void ig_inference_free(ig_inference *inference);

// Encodes the sentences (source ids back to back, with their end tokens) and gives them the free
// seats seats[0], seats[1], … beside the others: at most ig_decoder_run_free_rows rows.
void ig_inference_join(ig_inference *inference, const int *seats, const int *ids,
                       const ig_ragged *sentences);
// As join, in the seats 0, 1, …; all other sentences are gone.
void ig_inference_encode(ig_inference *inference, const int *ids, const ig_ragged *sentences);
#endif
