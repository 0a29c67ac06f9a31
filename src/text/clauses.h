// Where a sentence that is too long for a model is best divided.
#ifndef IG_TEXT_CLAUSES_H
#define IG_TEXT_CLAUSES_H
#include <stddef.h>
#include "ingot/core.h"

// A first part of text, which is longer than `most` bytes, valid UTF-8 and begins with no white
// space: it ends at byte `end`,
// and after white space the rest begins at `next`. It has at most `most` bytes, but at least a
// character. It ends after the last mark that ends a clause (, ; : and their relatives), if that is
// in its last two thirds; else at the last white space; else after any character, its accents
// included.
typedef struct ig_clause {
  size_t end, next;
} ig_clause;
ig_clause ig_clauses_first(const char *text, size_t length, size_t most);
#endif
