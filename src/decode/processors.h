// Hugging Face's logits processors, in its order (transformers 5.23, generation/utils.py
// _get_logits_processor): repetition penalty, no-repeat n-gram, bad words and suppressed tokens,
// minimum length, tokens suppressed at the beginning, forced first token (or tokens of a prefix),
// forced last token.
#ifndef IG_DECODE_PROCESSORS_H
#define IG_DECODE_PROCESSORS_H
#include "decode/decode_options.h"
#include "decode/token_scores.h"

// The sequence whose next token is to be chosen.
typedef struct ig_processors_sequence {
  const ig_sentence_options *options;  // of its sentence
  const int *ids;                      // (length): the start token first
  int length;
} ig_processors_sequence;

// Changes scores, logits whose log p is score - `normalizer`, in place; parts of a row may be given
// one by one. A forced token has the score 0, and its log p is that.
void ig_processors_apply(const ig_decode_options *options, const ig_processors_sequence *sequence,
                         float normalizer, const ig_token_scores *scores);
// Must the next token be a certain one, or one of a few?
bool ig_processors_force(const ig_processors_sequence *sequence);
// May ig_processors_apply leave a score higher than it was?
bool ig_processors_may_raise(const ig_decode_options *options,
                             const ig_processors_sequence *sequence);
// Do they leave none of the tokens, whatever its score was? `tokens`: which there are; their values
// are not read.
bool ig_processors_ban_all(const ig_decode_options *options, const ig_processors_sequence *sequence,
                           const ig_token_scores *tokens);
#endif
