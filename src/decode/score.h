// Log-probabilities of given targets.
#ifndef IG_DECODE_SCORE_H
#define IG_DECODE_SCORE_H
#include "decode/search.h"

typedef struct ig_score_args {
  const ig_kernels *kernels;
  int start_id, vocab_size;
  int max_length;     // positions between history rows: the inference's max_length
  ig_ragged targets;  // of the encoded sentences, each at most max_length long
  const int *ids;     // (rows of targets)
} ig_score_args;
// log_probs (rows of targets): log p(ids[i] | source, start and the ids before it).
ig_status ig_score_ids(const ig_score_args *args, const ig_stepper *stepper, float *log_probs, ig_error *err);
#endif
