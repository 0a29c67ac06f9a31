// Text as code points, and words as numbers: what metrics compare.
#ifndef IG_METRIC_CODES_H
#define IG_METRIC_CODES_H
#include <stddef.h>
#include <stdint.h>
#include "ingot/core.h"

typedef struct ig_codes {
  int32_t *points;  // (count)
  size_t count, capacity;
} ig_codes;
void ig_codes_free(ig_codes *codes);
ig_status ig_codes_push(ig_codes *codes, int32_t point, ig_error *err);
// Replaces the content by a UTF-8 line, white space behind it left out (Python's rstrip);
// IG_ERROR_FORMAT naming the byte where it is not UTF-8.
ig_status ig_codes_decode(ig_codes *codes, const char *line, ig_error *err);
// Python's str.lower(), in place: the full mapping where one letter becomes two, and the final
// sigma.
ig_status ig_codes_lower(ig_codes *codes, ig_error *err);
bool ig_code_space(int32_t point);  // Python's str.isspace()

// Words of a text: stretches between white space.
typedef struct ig_words {
  size_t *begin, *end;  // (count): code points begin .. end-1
  int32_t *number;      // (count): equal words have equal numbers, see ig_words_number
  size_t count, capacity;
} ig_words;
void ig_words_free(ig_words *words);
ig_status ig_words_split(ig_words *words, const ig_codes *codes, ig_error *err);
ig_status ig_words_push(ig_words *words, size_t begin, size_t end, ig_error *err);
// Numbers the words of both texts together.
ig_status ig_words_number(ig_words *a, const ig_codes *a_codes, ig_words *b,
                          const ig_codes *b_codes, ig_error *err);

#define IG_NGRAM_MOST 6
// n-grams that a and b share, each counted as often as it stands in both (clipped counts).
ig_status ig_ngram_matches(const int32_t *a, size_t a_count, const int32_t *b, size_t b_count,
                           size_t n, size_t *matches, ig_error *err);
static inline size_t ig_ngram_count(size_t symbols, size_t n) {
  return symbols >= n ? symbols - n + 1 : 0;
}
#endif
