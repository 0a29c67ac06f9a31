#include "decode/best_tokens.h"

#include <math.h>
#include <stdbool.h>

// Scores that are compared with the limit together: a multiple of every vector length.
#define SCAN 16

static bool precedes(ig_scored_token a, ig_scored_token b) {
  return a.score != b.score ? a.score > b.score : a.token < b.token;
}

void ig_best_tokens_add(ig_best_tokens *best, ig_scored_token token) {
  int rank = best->count;
  while (rank > 0 && precedes(token, best->list[rank - 1])) rank--;
  if (rank == best->capacity) return;
  if (best->count < best->capacity) best->count++;
  for (int i = best->count - 1; i > rank; i--) best->list[i] = best->list[i - 1];
  best->list[rank] = token;
}

float ig_best_tokens_limit(const ig_best_tokens *best) {
  return best->count < best->capacity ? -INFINITY : best->list[best->count - 1].score;
}

static bool any_from(const float *x, float limit) {
  int any = 0;
  for (int i = 0; i < SCAN; i++) any |= !(x[i] < limit);
  return any != 0;
}

static void add_score(ig_best_tokens *best, const ig_token_scores *s, int i) {
  const float x = s->values[i];
  ig_best_tokens_add(best,
                     (ig_scored_token){isnan(x) ? -INFINITY : x, ig_token_scores_token(s, i)});
}

void ig_best_tokens_scan(ig_best_tokens *best, const ig_token_scores *s, float largest) {
  int i = 0;
  for (; best->count < best->capacity && i < s->count; i++) add_score(best, s, i);
  if (largest < ig_best_tokens_limit(best)) return;
  for (; i < s->count; i += SCAN) {
    const int end = i + SCAN < s->count ? i + SCAN : s->count;
    if (end == i + SCAN && !any_from(s->values + i, ig_best_tokens_limit(best))) continue;
    for (int j = i; j < end; j++)
      if (!(s->values[j] < ig_best_tokens_limit(best))) add_score(best, s, j);
  }
}
