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

// Raises most[i], at the first of equal n-grams of a, to how many of them b has, too.
static void raise_matches(size_t *most, const ngram *a, size_t left, const ngram *b, size_t right) {
  for (size_t i = 0, j = 0; i < left;) {
    size_t end = i + 1, shared = 0;
    while (end < left && compare_ngrams(&a[i], &a[end]) == 0) end++;
    while (j < right && compare_ngrams(&b[j], &a[i]) < 0) j++;
    for (; j < right && compare_ngrams(&b[j], &a[i]) == 0; j++) shared++;
    if (shared > end - i) shared = end - i;
    if (shared > most[i]) most[i] = shared;
    i = end;
  }
}

ig_status ig_ngrams_matches_any(ig_symbols a, const ig_symbols *references, size_t references_count,
                                size_t n, size_t *matches, ig_error *err) {
  if (references_count == 1) return ig_ngrams_matches(a, references[0], n, matches, err);
  const size_t left = ig_ngrams_count(a.count, n);
  size_t longest = 0;
  *matches = 0;
  for (size_t r = 0; r < references_count; r++) {
    const size_t right = ig_ngrams_count(references[r].count, n);
    if (right > longest) longest = right;
  }
  if (left == 0 || longest == 0) return IG_OK;
  size_t *most = ig_allocate(left, sizeof *most, err);
  ngram *lists = most ? ig_allocate(left + longest, sizeof *lists, err) : NULL;
  if (lists) {
    list_ngrams(lists, a.symbols, left, n);
    for (size_t r = 0; r < references_count; r++) {
      const size_t right = ig_ngrams_count(references[r].count, n);
      list_ngrams(lists + left, references[r].symbols, right, n);
      raise_matches(most, lists, left, lists + left, right);
    }
    for (size_t i = 0; i < left; i++) *matches += most[i];
  }
  const ig_status status = lists ? IG_OK : IG_ERROR_MEMORY;
  free(lists);
  free(most);
  return status;
}
