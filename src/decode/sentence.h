// One sentence in a search: its rows of hypotheses, its candidates and its n-best list. The search
// (search.c) moves it from step to step; greedy.h and beam.h choose what comes next.
#ifndef IG_DECODE_SENTENCE_H
#define IG_DECODE_SENTENCE_H
#include "decode/choice.h"

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
  bool failed;     // a score is not a number, though its token may come
  ig_slot *slots;  // (beam_size), best first
  // (ig_decode_options_candidates), of beam search. In sampling candidates[r].row is the number of
  // the sample in row r.
  ig_candidate *candidates;
  ig_candidate *next;  // (beam_size): the rows of the next step, each with its parent's row
  int next_rows;
  ig_scored_token
      *best;  // (ig_decode_options_candidates): of the row whose written logits are read
} ig_sentence;

// What choosing reads, the same for all sentences of a step.
typedef struct ig_selection {
  const ig_decode_options *options;
  const ig_kernels *kernels;
  const ig_search_rows *rows;
  float *logits;      // (rows, V), which may be changed; NULL: there is a choice instead
  ig_choice *choice;  // its rows are those of the logits
} ig_selection;

// The logits of a row; NULL: none are written.
static inline float *ig_sentence_logits(const ig_selection *selection, int row) {
  const size_t vocabulary = (size_t)selection->options->vocab_size;
  return selection->logits ? selection->logits + (size_t)row * vocabulary : NULL;
}

// The sentence's r-th row, as the processors see it.
static inline ig_processors_sequence ig_sentence_sequence(const ig_selection *selection,
                                                          const ig_sentence *sentence, int r) {
  const size_t stride = (size_t)selection->options->sentence.max_length + 1;
  return (ig_processors_sequence){
      .options = &sentence->options,
      .ids = selection->rows->ids + (size_t)(sentence->first_row + r) * stride,
      .length = sentence->length};
}

// May nothing follow the sentence's r-th row, whose logits are the given row of the step's? Such a
// hypothesis ends without a translation. It is no fault of the model's.
static inline bool ig_sentence_bans_all(const ig_selection *selection, const ig_sentence *sentence,
                                        int r, int row) {
  const ig_token_scores all = {.count = selection->options->vocab_size};
  const ig_processors_sequence sequence = ig_sentence_sequence(selection, sentence, r);
  return selection->logits ? ig_processors_ban_all(selection->options, &sequence, &all)
                           : ig_choice_bans_all(selection->choice, row);
}

// All of V scores.
static inline ig_token_scores ig_sentence_scores(const ig_selection *selection, float *logits) {
  return (ig_token_scores){.values = logits, .count = selection->options->vocab_size};
}
#endif
