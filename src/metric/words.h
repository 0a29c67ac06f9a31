// Words of a text, and their numbers: metrics compare numbers instead of strings.
#ifndef IG_METRIC_WORDS_H
#define IG_METRIC_WORDS_H
#include <stddef.h>
#include <stdint.h>
#include "ingot/core.h"
#include "metric/codes.h"

// The stretches of a text that white space separates.
typedef struct ig_words {
  size_t *begin, *end;  // (count): code points begin .. end-1
  int32_t *number;      // (count): equal words have equal numbers, see ig_words_number
  size_t count, capacity;
} ig_words;
void ig_words_free(ig_words *words);
ig_status ig_words_split(ig_words *words, const ig_codes *codes, ig_error *err);
ig_status ig_words_push(ig_words *words, size_t begin, size_t end, ig_error *err);
// Numbers the words of all texts together: words[i] are those of codes[i].
ig_status ig_words_number_all(ig_words *words, const ig_codes *const *codes, size_t texts,
                              ig_error *err);
// The same for two texts.
ig_status ig_words_number(ig_words *a, const ig_codes *a_codes, ig_words *b,
                          const ig_codes *b_codes, ig_error *err);
#endif
