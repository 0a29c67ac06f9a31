// Greedy and beam search over anything that can step rows of hypotheses: ids in, ids out.
//
// Sentences never see each other: each has its own beams, slots and stopping, so the composition of
// a batch changes nothing. A sentence that is done takes its rows out of the batch and leaves its
// place to one that waits. Rows keep their own position: sentences need not have begun together.
#ifndef IG_DECODE_SEARCH_H
#define IG_DECODE_SEARCH_H
#include "decode/decode_options.h"
#include "model/run/inference.h"

// The model as the search sees it. run: logits (rows, V), which the search may change; history rows
// are `max_length` of the options apart.
typedef struct ig_stepper {
  float *(*run)(void *context, const ig_inference_step *step);
  void *context;
  const float *normalizer;  // (rows), filled by run: log p = logit - normalizer. NULL: it is the
                            // row's log_sum_exp
} ig_stepper;
ig_stepper ig_inference_stepper(ig_inference *inference);

typedef struct ig_hypothesis {
  const int *ids;  // (length), inside the search until its next run
  int length;      // tokens, the end token included
  float score;     // beam search: log p / length^length_penalty; greedy: 0
} ig_hypothesis;

// Where sentences come from and where they go. A place is the number that the steps give for a
// sentence.
typedef struct ig_search_feed {
  // Encodes waiting sentences for places[0], places[1], …, at most `free`; says how many. None: the
  // rows go on alone, and if there are none, the search is over.
  ig_status (*join)(void *context, const int *places, int free, int *joined, ig_error *err);
  // The sentence at `place` is done: (n_best), best first, until the return, when the place is free
  // again.
  ig_status (*leave)(void *context, int place, const ig_hypothesis *found, ig_error *err);
  void *context;
} ig_search_feed;

typedef struct ig_search ig_search;  // ig_search_free; one arena, no allocation while it runs
// sentences: at most, at a time. Cache rows used: sentences * beam_size slots of max_length
// positions. options are borrowed.
ig_status ig_search_create(const ig_decode_options *options, const ig_kernels *kernels,
                           ig_pool *pool, int sentences, ig_search **out, ig_error *err);
void ig_search_free(ig_search *search);
// Decodes what the feed brings, at most `places` sentences (1 .. `sentences`) at a time.
ig_status ig_search_stream(ig_search *search, const ig_stepper *stepper, const ig_search_feed *feed,
                           int places, ig_error *err);
// Decodes the encoded sentences 0 .. sentences-1 together. *out: (sentences, n_best), best first.
ig_status ig_search_run(ig_search *search, const ig_stepper *stepper, int sentences,
                        const ig_hypothesis **out, ig_error *err);
#endif
