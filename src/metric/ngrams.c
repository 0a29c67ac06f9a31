#include "metric/ngrams.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

typedef struct ngram {
  int32_t symbols[IG_NGRAMS_MOST];  // zeros after the n-th
} ngram;

static int compare_ngrams(const void *left, const void *right) {
  return memcmp(left, right, sizeof(ngram));
}

// The `count` n-grams of a sequence, sorted.
static void list_ngrams(ngram *out, const int32_t *symbols, size_t count, size_t n) {
  for (size_t i = 0; i < count; i++) {
    memset(&out[i], 0, sizeof out[i]);
    memcpy(out[i].symbols, symbols + i, n * sizeof *symbols);
  }
  qsort(out, count, sizeof *out, compare_ngrams);
}

ig_status ig_ngrams_matches(ig_symbols a, ig_symbols b, size_t n, size_t *matches, ig_error *err) {
  const size_t left = ig_ngrams_count(a.count, n), right = ig_ngrams_count(b.count, n);
  *matches = 0;
  if (left == 0 || right == 0) return IG_OK;
  ngram *lists = ig_allocate(left + right, sizeof *lists, err);
  if (!lists) return IG_ERROR_MEMORY;
  list_ngrams(lists, a.symbols, left, n);
  list_ngrams(lists + left, b.symbols, right, n);
  for (size_t i = 0, j = 0; i < left && j < right;) {
    const int order = compare_ngrams(&lists[i], &lists[left + j]);
    *matches += order == 0;
    i += order <= 0;
    j += order >= 0;
  }
  free(lists);
  return IG_OK;
}
