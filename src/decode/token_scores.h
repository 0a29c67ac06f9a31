// Scores of some or all tokens of the vocabulary, which may be changed in place.
#ifndef IG_DECODE_TOKEN_SCORES_H
#define IG_DECODE_TOKEN_SCORES_H
#include "base/ascending.h"

typedef struct ig_token_scores {
  float *values;   // (count): those of the tokens first, first + 1, …
  const int *ids;  // (count): or of these, which ascend; NULL: none
  int first, count;
} ig_token_scores;

static inline int ig_token_scores_token(const ig_token_scores *s, int place) {
  return s->ids ? s->ids[place] : s->first + place;
}

// The score of a token; NULL: it is not among them.
static inline float *ig_token_scores_find(const ig_token_scores *s, int token) {
  if (!s->ids) {
    const int place = token - s->first;
    return place >= 0 && place < s->count ? s->values + place : NULL;
  }
  const size_t count = (size_t)s->count, place = ig_ascending_find(s->ids, count, token);
  return place < count && s->ids[place] == token ? s->values + place : NULL;
}
#endif
