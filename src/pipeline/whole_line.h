// A line of output whose sentences are translated one by one: their translations, with the white
// space that stood between the sentences of the source.
#ifndef IG_PIPELINE_WHOLE_LINE_H
#define IG_PIPELINE_WHOLE_LINE_H
#include <stddef.h>
#include "ingot/core.h"

// Start from {0}; ig_whole_line_free.
typedef struct ig_whole_line {
  char *text;  // NUL-terminated; NULL: nothing was ever added
  size_t length, capacity;
  size_t sentences;  // added since the line began
} ig_whole_line;

// gap: the white space before the sentence. It is left out where either side of it is empty, for
// a translation may be.
ig_status ig_whole_line_add(ig_whole_line *line, const char *gap, size_t gap_length,
                            const char *translation, ig_error *err);
void ig_whole_line_clear(ig_whole_line *line);  // begins the next line
void ig_whole_line_free(ig_whole_line *line);
#endif
