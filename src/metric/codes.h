// A line of text as Unicode code points, as Python sees it: what metrics are computed from.
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
// Replaces the content by a UTF-8 line without the white space at its end (Python's rstrip). If it
// is not UTF-8: IG_ERROR_FORMAT, naming the byte.
ig_status ig_codes_decode(ig_codes *codes, const char *line, ig_error *err);
ig_status ig_codes_copy(ig_codes *codes, const ig_codes *from, ig_error *err);
// Python's str.lower(), in place: some letters become two, and the final sigma has a form of its
// own.
ig_status ig_codes_lower(ig_codes *codes, ig_error *err);
#endif
