// Scores of some or all tokens of the vocabulary, which may be changed in place.
#ifndef IG_DECODE_TOKEN_SCORES_H
#define IG_DECODE_TOKEN_SCORES_H
#include <stddef.h>

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
  int low = 0, high = s->count;
  if (!s->ids) {
    const int place = token - s->first;
    return place >= 0 && place < s->count ? s->values + place : NULL;
  }
  while (low < high) {
    const int middle = low + (high - low) / 2;
    if (s->ids[middle] < token)
      low = middle + 1;
    else
      high = middle;
  }
  return low < s->count && s->ids[low] == token ? s->values + low : NULL;
}
#endif
