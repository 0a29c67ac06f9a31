// One sentence in a search: its rows of hypotheses, its candidates and its n-best list. The search
// (search.c) moves it from step to step; greedy.h and beam.h choose what comes next.
#ifndef IG_DECODE_SENTENCE_H
#define IG_DECODE_SENTENCE_H
#include "decode/decode_options.h"

// The score of an empty slot, and what Hugging Face adds to a score that must not win.
#define IG_SENTENCE_NEVER_WINS (-1.0e9f)

// Rows of hypotheses in the step; N = max_length.
typedef struct ig_search_rows {
  int *ids;                 // (slots, N + 1): start token first
  int *history;             // (slots, N): cache rows
  float *score;             // (slots): sum of log-probabilities
  const float *normalizer;  // (slots): the stepper's
  const float *attention;   // (slots, attention_stride): the stepper's
  size_t attention_stride;
} ig_search_rows;

typedef struct ig_candidate {
  float score;
  int row, token;  // row: counted from the sentence's first one
} ig_candidate;

// An entry of the n-best list.
typedef struct ig_slot {
  float score;
  bool finished;
  int length;
  int *ids;  // (N)
} ig_slot;

typedef struct ig_sentence {
  int seat;             // of its encoded source
  int first_row, rows;  // its hypotheses in the step
  int length;           // tokens so far, start included
  int told;             // generated tokens that the feed was told of
  ig_sentence_options options;
  bool open;  // a running hypothesis may still beat a finished one
  bool done;
  bool failed;     // a score is not a number
  ig_slot *slots;  // (beam_size), best first
  // (ig_decode_options_candidates), of beam search. In sampling candidates[r].row is the number of
  // the sample in row r.
  ig_candidate *candidates;
  ig_candidate *next;  // (beam_size): the rows of the next step, each with its parent's row
  int next_rows;
  float *largest;  // (ceil(V / IG_LOGITS_BLOCK)), of beam search: in the row that is being scanned,
                   // no logit of a block is larger
} ig_sentence;

// What choosing reads, the same for all sentences of a step.
typedef struct ig_selection {
  const ig_decode_options *options;
  const ig_kernels *kernels;
  const ig_search_rows *rows;
} ig_selection;
#endif
