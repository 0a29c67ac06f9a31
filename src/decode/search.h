// Greedy and beam search over anything that can step rows of hypotheses: ids in, ids out.
//
// Sentences never see each other: each has its own beams, slots and stopping, so the composition of a batch changes nothing. A sentence that is
// done takes its rows out of the batch. Rows keep their own position, so that sentences need not have begun together.
#ifndef IG_DECODE_SEARCH_H
#define IG_DECODE_SEARCH_H
#include "decode/options.h"
#include "model/inference.h"

// The model as the search sees it. run: logits (rows, V), which the search may change; history rows are `max_length` of the options apart.
typedef struct ig_stepper {
  float *(*run)(void *context, const ig_inference_step *step);
  void *context;
} ig_stepper;
ig_stepper ig_inference_stepper(ig_inference *inference);

typedef struct ig_hypothesis {
  const int *ids;  // (length), inside the search until its next run
  int length;      // tokens, the end token included
  float score;     // beam search: log p / length^length_penalty; greedy: 0
} ig_hypothesis;

typedef struct ig_search ig_search;  // ig_search_free; one arena, no allocation while it runs
// sentences: at most, in one run. Cache rows used: sentences * beam_size slots of max_length positions. options are borrowed.
ig_status ig_search_create(const ig_decode_options *options, const ig_kernels *kernels, ig_pool *pool, int sentences, ig_search **out, ig_error *err);
void ig_search_free(ig_search *search);
// Decodes the encoded sentences 0 .. sentences-1. *out: (sentences, n_best), best first.
ig_status ig_search_run(ig_search *search, const ig_stepper *stepper, int sentences, const ig_hypothesis **out, ig_error *err);
#endif
