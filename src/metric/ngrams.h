// n-grams of sequences of symbols: characters, or numbers of words.
#ifndef IG_METRIC_NGRAMS_H
#define IG_METRIC_NGRAMS_H
#include <stddef.h>
#include <stdint.h>
#include "ingot/core.h"

enum { IG_NGRAMS_MOST = 6 };  // the longest n-gram, in symbols

typedef struct ig_symbols {
  const int32_t *symbols;  // (count); borrowed
  size_t count;
} ig_symbols;

static inline size_t ig_ngrams_count(size_t symbols, size_t n) {
  return symbols >= n ? symbols - n + 1 : 0;
}
// How many n-grams a shares with the references: one that occurs several times counts as often as
// it occurs in both a and the reference that has it most often.
ig_status ig_ngrams_matches_any(ig_symbols a, const ig_symbols *references, size_t references_count,
                                size_t n, size_t *matches, ig_error *err);
// How many n-grams a and b share. One that occurs several times counts as often as it occurs in
// both (clipped counts).
ig_status ig_ngrams_matches(ig_symbols a, ig_symbols b, size_t n, size_t *matches, ig_error *err);
#endif
