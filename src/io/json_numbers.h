// Numbers of JSON texts. Python's json module writes some that strict JSON has no words for:
// integers beyond 64 bits, Infinity and NaN. And reals are written as Python writes them, in the
// fewest digits.
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
// A copy of the text, malloc'ed for the caller to free(), in which each real has the fewest digits
// that read back to the same double, or to the same float: 0.1, not 0.10000000000000001. It stays a
// real (1.0, 1e-05). The calling thread must have the C locale. NULL: out of memory.
char *ig_json_numbers_shorten(const char *text, bool floats);
#endif
