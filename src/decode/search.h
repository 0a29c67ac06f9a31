// Greedy and beam search over anything that can step rows of hypotheses: ids in, ids out.
//
// Sentences never see each other: each has its own beams, slots, lengths, forced tokens and
// stopping, so the composition of a batch changes nothing. A sentence that is done takes its rows
// out of the batch and leaves its seat to one that waits. Rows keep their own position: sentences
// need not have begun together.
#ifndef IG_DECODE_SEARCH_H
#define IG_DECODE_SEARCH_H
#include "base/interrupt.h"
#include "decode/choice.h"

// Tokens that a stepper has guessed to follow the last one of a row, and looked at in the same
// step.
typedef struct ig_drafted {
  int first_row;  // of the logits: what follows the row's last token; the row after it says what
                  // follows tokens[0], and so on
  int count;      // of guessed tokens
  const int *tokens;  // (count)
} ig_drafted;

// The model as the search sees it; history rows are the search's `max_length` apart.
typedef struct ig_stepper {
  // Logits (rows, V), which the search may change. Called where choosing will not do
  // (ig_choice_serves; sentences with terms), or where there is no choose.
  float *(*run)(void *context, const ig_decoder_step *step);
  // The same step, but the best tokens of each row are chosen while the logits are computed. The
  // search has added a row for each of the step's; a stepper whose logits have other rows begins
  // anew and adds its own. NULL: it can only run.
  void (*choose)(void *context, const ig_decoder_step *step, ig_choice *choice);
  int threads;    // that choose, at most; 0: one
  int positions;  // that each row has logits for, at most; 0: one
  void *context;
  const float *normalizer;  // (rows), filled by run: log p = logit - normalizer. NULL: it is the
                            // row's log_sum_exp
  const float *attention;   // (rows, attention_stride), filled by run: what each row attends to in
                            // its source. NULL: unknown
  size_t attention_stride;
  // (rows), filled by run: each row has logits for several positions (decode/draft.h); of greedy
  // search alone. NULL: each row has those of one
  const ig_drafted *drafted;
} ig_stepper;
// Its choose is for all threads of the decoder's pool; its run for decoders with memory for logits.
ig_stepper ig_search_stepper_of(ig_decoder_run *decoder);

typedef struct ig_hypothesis {
  const int *ids;  // (length), inside the search until its next run
  int length;      // tokens, the end token included
  float score;     // log p / length^length_penalty; greedy without score_greedy: 0
} ig_hypothesis;

// Where sentences come from and where they go. A seat is the number by which the steps name a
// sentence. The order of the calls: join before every step in which a seat is free, the first one
// included; leave once for each sentence, after the step that ends it. The search ends when nobody
// joins and nobody is left.
typedef struct ig_search_feed {
  // Encodes waiting sentences for seats[0], seats[1], …, at most `free`, and says how many in
  // *joined. options (free) hold those of the search: the feed overwrites options[i] if the
  // sentence of seats[i] has its own, whose max_length is not larger than the search's. When nobody
  // joins, the rows go on alone.
  ig_status (*join)(void *context, const int *seats, ig_sentence_options *options, int free,
                    int *joined, ig_error *err);
  // The sentence at `seat` is done: found (n_best), best first, is valid until the return, when the
  // seat is free again.
  ig_status (*leave)(void *context, int seat, const ig_hypothesis *found, ig_error *err);
  // Told of each token once it is chosen for good: of greedy search, and of one sample. generated
  // (count): the tokens with it, valid until the return. NULL: nobody asks.
  ig_status (*token)(void *context, int seat, const int *generated, int count, ig_error *err);
  void *context;
  // Asked before and after every step: the search returns IG_INTERRUPTED if it has seen a request.
  // The stepper may have it, too, and leave the rest of a step out. NULL: never.
  ig_interrupt_watch *watch;
} ig_search_feed;

typedef struct ig_search ig_search;  // ig_search_free; one arena, no allocation while it runs
// sentences: at most, at a time. Cache rows used: sentences * beam_size slots of max_length
// positions. options are borrowed until the search is freed or gets others.
ig_status ig_search_create(const ig_decode_options *options, const ig_kernels *kernels,
                           ig_pool *pool, int sentences, ig_search **out, ig_error *err);
void ig_search_free(ig_search *search);
// Gives a search that is not running other options, which have been checked and are borrowed from
// now on. It returns false and changes nothing if its memory does not fit them: beam_size, n_best,
// vocab_size, max_length and the number of end tokens must be those that it was created with.
bool ig_search_adopt(ig_search *search, const ig_decode_options *options);
// Decodes what the feed brings, at most `seats` sentences (1 .. `sentences`) at a time.
ig_status ig_search_stream(ig_search *search, const ig_stepper *stepper, const ig_search_feed *feed,
                           int seats, ig_error *err);
// Decodes the encoded sentences 0 .. sentences-1 together. *out: (sentences, n_best), best first.
ig_status ig_search_run(ig_search *search, const ig_stepper *stepper, int sentences,
                        const ig_hypothesis **out, ig_error *err);
#endif
