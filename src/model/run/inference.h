// Running a model forward for decoding: encode sentences once, then step rows of hypotheses.
//
// A state belongs to one thread (or to one pool) and shares the immutable model. It has `slots`
// rows for hypotheses, each with room for max_length positions in the key/value cache of slots *
// max_length rows. Which row takes a new key and value is the caller's choice; it is never moved. A
// hypothesis finds its past through `history`, cache-row numbers per position; reordering beams
// copies these numbers, never keys or values.
#ifndef IG_MODEL_RUN_INFERENCE_H
#define IG_MODEL_RUN_INFERENCE_H
#include "model/model.h"
#include "nn/nn.h"

typedef struct ig_inference_size {
  int sentences;    // places for encoded ones
  int source_rows;  // of the sentences that are encoded together, at most
  int memory_rows;  // source rows of all places together, at most: no fewer than source_rows
  int longest;      // source rows of one sentence, at most
  int slots;        // hypotheses stepped at a time, at most
  int max_length;   // decoder positions, start token included
} ig_inference_size;

typedef struct ig_inference ig_inference;  // ig_inference_free; one arena
// pool NULL: serial. The model must outlive it and have been packed (ig_model_load does) or is
// packed on the way.
ig_status ig_inference_create(const ig_model *model, ig_pool *pool, const ig_inference_size *size,
                              ig_inference **out, ig_error *err);
// Bytes that create takes; nothing is reserved.
ig_status ig_inference_measure(const ig_model *model, ig_pool *pool, const ig_inference_size *size,
                               size_t *bytes, ig_error *err);
void ig_inference_free(ig_inference *inference);

// Encodes the sentences (source ids back to back, with their end tokens) and their cross-attention
// keys, in places 0, 1, …; all others are gone.
void ig_inference_encode(ig_inference *inference, const int *ids, const ig_ragged *sentences);
// As encode, in the given empty places beside the others: at most ig_inference_room rows.
void ig_inference_join(ig_inference *inference, const int *places, const int *ids,
                       const ig_ragged *sentences);
void ig_inference_leave(ig_inference *inference, int place);
void ig_inference_leave_all(ig_inference *inference);
int ig_inference_room(const ig_inference *inference);

// One decoder step for `rows` hypotheses.
typedef struct ig_inference_step {
  int rows;
  const int *ids;       // (rows) last token of each
  const int *position;  // (rows) its position: 0 for the start token
  const int *sentence;  // (rows) place of its encoded sentence
  const int *history;   // (rows, max_length): cache rows of positions 0 .. position; [position] is
                        // where this step's key and value go
} ig_inference_step;
// logits (rows, V) with the logits bias added; valid until the next call, may be changed in place
// by the caller.
float *ig_inference_run(ig_inference *inference, const ig_inference_step *step);
#endif
