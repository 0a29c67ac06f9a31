// The lines that a translator writes for a sentence: translations as text or as ids, or scores.
#ifndef IG_PIPELINE_OUTPUT_LINE_H
#define IG_PIPELINE_OUTPUT_LINE_H
#include "pipeline/translation.h"

// Start from {0}; ig_output_line_free. Its memory is kept from line to line.
typedef struct ig_output_line {
  char *text;  // NUL-terminated; NULL: nothing was ever written
  size_t length, capacity;
} ig_output_line;

// Writes one translation: "score<TAB>", "token scores<TAB>", as the format says, and its text, or
// its ids.
ig_status ig_output_line_translated(ig_output_line *line, const ig_output_format *format,
                                    const ig_translation *translation, ig_error *err);
// log_probs (count): of a target's tokens. With count 0 the line is empty.
ig_status ig_output_line_scored(ig_output_line *line, const ig_output_format *format,
                                const float *log_probs, size_t count, ig_error *err);
void ig_output_line_free(ig_output_line *line);
#endif
