#include "base/nearest.h"

#include <stdint.h>
#include <string.h>

#define MAX_COMPARED 64  // letters

// Levenshtein distance with neighbouring letters swapped at cost 1 (optimal string alignment).
static size_t edit_distance(const char *a, const char *b) {
  size_t n = strlen(a), m = strlen(b);
  if (n > MAX_COMPARED || m > MAX_COMPARED) return SIZE_MAX;
  size_t rows[3][MAX_COMPARED + 1], *two = rows[0], *one = rows[1], *row = rows[2];
  for (size_t j = 0; j <= m; ++j) one[j] = two[j] = j;
  for (size_t i = 1; i <= n; ++i) {
    row[0] = i;
    for (size_t j = 1; j <= m; ++j) {
      size_t best = one[j - 1] + (a[i - 1] != b[j - 1]);
      if (one[j] + 1 < best) best = one[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && two[j - 2] + 1 < best)
        best = two[j - 2] + 1;
      row[j] = best;
    }
    size_t *spare = two;
    two = one;
    one = row;
    row = spare;
  }
  return one[m];
}

const char *ig_nearest_word(const char *word, const char *const *known, size_t count) {
  const char *nearest = NULL;
  size_t least = strlen(word) / 3 + 2;  // at this distance or more it is another word
  for (size_t i = 0; i < count; ++i) {
    size_t distance = edit_distance(word, known[i]);
    if (distance < least) {
      least = distance;
      nearest = known[i];
    }
  }
  return nearest;
}
