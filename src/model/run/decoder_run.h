// Running a decoder step by step: the memory of sentences in, logits of the next token out for each
// hypothesis.
//
// Sentences have seats, which they join and leave at any step. A run has `slots` rows for
// hypotheses, and a cache of keys and values of slots * max_length rows. The caller chooses which
// cache row takes a new key and value; it is never moved. A hypothesis finds its past through
// `history`, the cache row of each position: reordering beams copies these numbers, never keys or
// values.
#ifndef IG_MODEL_RUN_DECODER_RUN_H
#define IG_MODEL_RUN_DECODER_RUN_H
#include "model/run/run_context.h"

typedef struct ig_decoder_run_size {
  int seats;            // for sentences
  int joining_rows;     // of the memory of sentences that join together, at most
  int memory_rows;      // of all seats together, at most: no fewer than joining_rows
  int longest;          // memory rows of one sentence, at most
  int slots;            // hypotheses stepped at a time, at most
  int max_length;       // positions, start token included
  bool without_logits;  // nobody calls ig_decoder_run_step: no memory for its logits
  int attended;         // a layer, from 1, of whose cross-attention a step gives the mean; 0: none
} ig_decoder_run_size;

typedef struct ig_decoder_run ig_decoder_run;  // ig_decoder_run_free; borrows its context
// Also makes the context hold what the run needs of it.
ig_status ig_decoder_run_create(ig_run_context *context, const ig_decoder_run_size *size,
                                ig_decoder_run **out, ig_error *err);
// What create takes; nothing is reserved.
ig_status ig_decoder_run_measure(ig_run_context *context, const ig_decoder_run_size *size,
                                 ig_run_needs *out, ig_error *err);
void ig_decoder_run_free(ig_decoder_run *run);
int ig_decoder_run_threads(const ig_decoder_run *run);  // of its pool

// Gives sentences the seats seats[0], seats[1], … (NULL: 0, 1, …), which must be free. memory (rows
// of the sentences, d_model), at most ig_decoder_run_free_rows: what the encoder made of them. It
// is read until the return; the cross-attention's keys and values are kept.
void ig_decoder_run_join(ig_decoder_run *run, const int *seats, const float *memory,
                         const ig_ragged *sentences);
void ig_decoder_run_leave(ig_decoder_run *run, int seat);
void ig_decoder_run_leave_all(ig_decoder_run *run);
// Memory rows that can join now.
int ig_decoder_run_free_rows(const ig_decoder_run *run);

// One step of `rows` hypotheses.
typedef struct ig_decoder_step {
  int rows;
  const int *ids;       // (rows): last token of each
  const int *position;  // (rows): its position; 0 for the start token
  const int *seat;      // (rows): of its sentence
  const int *history;   // (rows, max_length): cache rows of positions 0 .. position; [position] is
                        // where this step's key and value go
} ig_decoder_step;
// Returns logits (rows, V), valid until the next call; the caller may change them. Allocates
// nothing.
float *ig_decoder_run_step(ig_decoder_run *run, const ig_decoder_step *step);
// A step whose logits are read block by block: a product of all rows with the output layer
// (ig_gemm_block, by the threads of the run's pool). No memory holds them afterwards.
void ig_decoder_run_read(ig_decoder_run *run, const ig_decoder_step *step,
                         const ig_gemm_reader *reader);
// The same with another output layer, no larger than the model's and of the same kind.
void ig_decoder_run_read_layer(ig_decoder_run *run, const ig_decoder_step *step,
                               const ig_linear *output, const ig_gemm_reader *reader);
// What the rows of the last step attended to: (slots, longest), of each row its memory's rows; the
// mean over the heads of the layer that was asked for. NULL: none was.
const float *ig_decoder_run_attention(const ig_decoder_run *run);
#endif
