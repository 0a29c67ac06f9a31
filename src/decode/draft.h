// A draft: a small model that guesses how a translation goes on, so that the model itself looks at
// several positions in one step. Speculative decoding (Leviathan, Kalman & Matias 2023, "Fast
// Inference from Transformers via Speculative Decoding"; Chen et al. 2023, "Accelerating Large
// Language Model Decoding with Speculative Sampling"), here of greedy search.
//
// A step of one row waits for the model's weights, so that one of a few rows takes hardly longer.
// The draft proposes k tokens, one after the other; the model is given the last token that is
// settled and these k as k + 1 rows of one step, each of which sees those before it; and the search
// takes from these rows what it would have taken one step after the other. It stops at the first
// token that is not the drafted one. A row's bits do not depend on the rows beside it, so nothing
// but the time depends on the draft: its tokens are taken where they are the model's own.
//
// Example. The model would write 7 3 9 4, and the draft 7 3 2 4:
//   step 1  settled: the start s; drafted 7 3 2; rows s, 7, 3, 2 give 7, 3, 9, -: 7 3 9 are settled
//   step 2  settled: s 7 3 9; drafted 4 …
// The draft's wrong token 2 leaves a key at position 3 in both caches. It is cut off by length: no
// row looks at position 3 before it has stored the key of 9 there.
#ifndef IG_DECODE_DRAFT_H
#define IG_DECODE_DRAFT_H
#include "decode/ensemble.h"
#include "decode/sentence_lists.h"

// The most tokens that may be drafted for a sentence in a step.
#define IG_DRAFT_MOST_TOKENS 31
// Where the draft is less sure that all it guessed in a step is right, a row is rejected too often,
// which is not free; and where it is less sure than the second, another step of the draft is.
#define IG_DRAFT_LEAST_PROBABILITY 0.25f
#define IG_DRAFT_GOING_PROBABILITY 0.5f

typedef struct ig_draft ig_draft;  // ig_draft_free; of one thread, or of one pool
typedef struct ig_draft_plan {
  const ig_member *member;  // borrowed, and its model
  int start_id;             // that the model's decoder starts with
  int tokens;               // drafted for a sentence in a step, at most
  // That the draft gives all tokens which it proposes in a step together: for one more to be
  // proposed, and for the draft to guess another one after it.
  float least_probability, going_probability;
  ig_inference_size size;  // of the model's inference, whose slots hold (1 + tokens) rows a seat
} ig_draft_plan;
// pool NULL: serial.
ig_status ig_draft_create(const ig_draft_plan *plan, ig_pool *pool, ig_draft **out, ig_error *err);
void ig_draft_free(ig_draft *draft);
// As ig_ensemble_watch.
void ig_draft_watch(ig_draft *draft, ig_interrupt_watch *watch);

// The sentences that the model's inference is given in these seats, with the model's own ids.
// options (sentences): their own. Those longer than the draft has positions for are decoded without
// drafts.
ig_status ig_draft_join(ig_draft *draft, const int *seats, const ig_sentence_options *options,
                        const int *ids, const ig_ragged *sentences, ig_error *err);
// The sentence at `seat` has ended with `length` tokens; 0: without a translation.
void ig_draft_leave(ig_draft *draft, int seat, int length);
// Nobody is left, and nothing has been counted. lists: of the model's search, or the draft's own,
// borrowed: the draft guesses tokens of a sentence's list alone, and computes no others; NULL:
// none.
ig_status ig_draft_begin(ig_draft *draft, const ig_decode_options *options,
                         const ig_sentence_lists_source *lists, ig_error *err);
// Source rows that the draft can still take.
int ig_draft_capacity(const ig_draft *draft);

// The model's steps with drafted tokens in them, for a greedy search whose sentences are those that
// have joined. model: of a decoder that has no recurrent unit, as its rows see each other.
ig_stepper ig_draft_stepper(ig_draft *draft, const ig_stepper *model);

// Of the sentences that have left since ig_draft_begin; those without a translation do not count.
// Each step of a sentence settles its accepted tokens and one of the model's: accepted + steps is
// the number of its tokens.
typedef struct ig_draft_counts {
  size_t drafted, accepted;  // tokens
  size_t steps;              // of the model, counted for each sentence
} ig_draft_counts;
ig_draft_counts ig_draft_counts_of(const ig_draft *draft);
#endif
