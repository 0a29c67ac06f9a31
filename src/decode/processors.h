// Hugging Face's logits processors, in its order (transformers 5.23, generation/utils.py
// _get_logits_processor): repetition penalty, no-repeat n-gram, bad words, minimum length, forced
// first token, forced last token.
#ifndef IG_DECODE_PROCESSORS_H
#define IG_DECODE_PROCESSORS_H
#include "decode/decode_options.h"

// Changes scores (V), which are logits minus `normalizer` (0: plain logits), in place. ids
// (length): the sequence so far, start token included. Returns the normalizer that stands from now
// on: log p = scores[j] - result. A forced token leaves that one at 0 and the result 0.
float ig_processors_apply(const ig_decode_options *options, const int *ids, int length,
                          float normalizer, float *scores);
// Whether the above may leave a score higher than it was, all counted against the same normalizer.
bool ig_processors_may_raise(const ig_decode_options *options, int length);
#endif
