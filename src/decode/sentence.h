// One sentence in a search, and what greedy and beam search do with it after each step. Internal to
// decode/.
#ifndef IG_DECODE_SENTENCE_H
#define IG_DECODE_SENTENCE_H
#include "decode/search.h"

// Rows of hypotheses in the step; N = max_length.
typedef struct ig_search_rows {
  int *ids;                 // (slots, N + 1): start token first
  int *history;             // (slots, N): cache rows
  float *score;             // (slots): sum of log-probabilities
  const float *normalizer;  // (slots): the stepper's
} ig_search_rows;

typedef struct ig_candidate {
  float score;
  int row, token;  // row: of the sentence's own
} ig_candidate;

typedef struct ig_slot {  // of the n-best list
  float score;
  bool finished;
  int length;
  int *ids;  // (N)
} ig_slot;

typedef struct ig_sentence {
  int place;            // of the encoded sentences
  int first_row, rows;  // its hypotheses in the step
  int length;           // tokens so far, start included
  bool open;            // a running hypothesis may still beat a finished one
  bool done, failed;
  ig_slot *slots;            // (beam_size), best first
  ig_candidate *candidates;  // (2 * beam_size), of beam search
  ig_candidate *next;        // (beam_size): the rows of the next step, with the parent's row
  int next_rows;
  float *largest;  // (ceil(V / IG_LOGITS_BLOCK)), of beam search: no logit of a block of the row at
                   // hand is larger
} ig_sentence;

// Both choose sentence->next from its rows' logits (rows, V), move finished hypotheses into slots
// and set done or failed (a score is not a number).
void ig_sentence_select_greedy(const ig_decode_options *options, const ig_kernels *kernels,
                               const ig_search_rows *rows, ig_sentence *sentence, float *logits);
void ig_sentence_select_beam(const ig_decode_options *options, const ig_kernels *kernels,
                             const ig_search_rows *rows, ig_sentence *sentence, float *logits);
#endif
