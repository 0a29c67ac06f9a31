// Numbers that Python's json module writes and strict JSON has no words for: integers beyond 64
// bits, Infinity and NaN.
#ifndef IG_IO_JSON_NUMBERS_H
#define IG_IO_JSON_NUMBERS_H
#include <stddef.h>
#include "ingot/core.h"

// A copy of the text, malloc'ed for the caller to free(), that a strict parser reads: integers
// beyond 64 bits become reals, Infinity, -Infinity and NaN strings with a mark. NULL: out of
// memory, or the text holds nothing of the kind (*changed is false).
char *ig_json_numbers_rewrite(const char *text, size_t size, size_t *out_size, bool *changed);
// The number's word in such a string, "-Infinity"; NULL: it is a string like any other.
const char *ig_json_numbers_word(const char *string);
// Writes the marked strings of a JSON text as words again, in place.
void ig_json_numbers_restore(char *text);
#endif
