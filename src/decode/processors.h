// Hugging Face's logits processors, in its order (transformers 5.23, generation/utils.py
// _get_logits_processor): repetition penalty, no-repeat n-gram, bad words and suppressed tokens,
// minimum length, tokens suppressed at the beginning, forced first token (or tokens of a prefix),
// forced last token.
#ifndef IG_DECODE_PROCESSORS_H
#define IG_DECODE_PROCESSORS_H
#include "decode/decode_options.h"

// The sequence whose next token is to be chosen.
typedef struct ig_processors_sequence {
  const ig_sentence_options *options;  // of its sentence
  const int *ids;                      // (length): the start token first
  int length;
} ig_processors_sequence;

// Changes scores (V), which are logits minus `normalizer` (0: plain logits), in place. Returns the
// normalizer that is valid from now on: log p = scores[j] - result. A forced token leaves its own
// score at 0 and returns 0.
float ig_processors_apply(const ig_decode_options *options, const ig_processors_sequence *sequence,
                          float normalizer, float *scores);
// May ig_processors_apply leave a score higher than it was, if all scores are counted against the
// same normalizer?
bool ig_processors_may_raise(const ig_decode_options *options,
                             const ig_processors_sequence *sequence);
#endif
