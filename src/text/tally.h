// How often each of many texts occurs.
#ifndef IG_TEXT_TALLY_H
#define IG_TEXT_TALLY_H
#include <stddef.h>
#include "ingot/core.h"
#include "text/vocabulary.h"

typedef struct ig_tally {
  ig_vocabulary texts;  // ids in order of appearance
  uint64_t *counts;     // by id
  size_t capacity;
} ig_tally;  // start from {0}; ig_tally_free

// Adds `times` to the count of the text.
ig_status ig_tally_add(ig_tally *tally, const char *text, size_t length, uint64_t times,
                       ig_error *err);
void ig_tally_free(ig_tally *tally);  // leaves {0}

typedef struct ig_tally_entry {
  const char *text;  // borrowed from the tally
  uint64_t count;
} ig_tally_entry;
// The texts, most frequent first, ties in byte order. The caller frees the array *out, which has
// tally->texts.size entries.
ig_status ig_tally_sort(const ig_tally *tally, ig_tally_entry **out, ig_error *err);
// The first of these as "'a' 12, 'b' 3 and 5 more", at most `most` of them, each as text/shown.h
// writes it. out: NUL-terminated.
ig_status ig_tally_describe(const ig_tally *tally, size_t most, char *out, size_t size,
                            ig_error *err);
#endif
