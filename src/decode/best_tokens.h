// The best tokens of a row of logits, found while its parts come by in any order. Of equal logits
// the lower token is the better one; a NaN counts as -infinity. So the tokens found do not depend
// on how the row was cut.
#ifndef IG_DECODE_BEST_TOKENS_H
#define IG_DECODE_BEST_TOKENS_H
#include "decode/token_scores.h"

typedef struct ig_scored_token {
  float score;
  int token;
} ig_scored_token;

typedef struct ig_best_tokens {
  ig_scored_token *list;  // (capacity): best first
  int count, capacity;    // capacity: at least 1
} ig_best_tokens;

// No score below it can enter the list.
float ig_best_tokens_limit(const ig_best_tokens *best);
void ig_best_tokens_add(ig_best_tokens *best, ig_scored_token token);
// Adds those of the scores that are among the best. largest: no score is above it; INFINITY:
// unknown.
void ig_best_tokens_scan(ig_best_tokens *best, const ig_token_scores *scores, float largest);
#endif
