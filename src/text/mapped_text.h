// A text that was made from another one, whose bytes know where they come from.
#ifndef IG_TEXT_MAPPED_TEXT_H
#define IG_TEXT_MAPPED_TEXT_H
#include "text/source_ranges.h"

typedef struct ig_mapped_text {
  char *bytes;               // (length) UTF-8, without a NUL
  ig_source_range *sources;  // (length) each byte of a character has the character's
  size_t length, byte_capacity, source_capacity;
  size_t most;     // bytes; 0: no limit. More is IG_ERROR_FORMAT
} ig_mapped_text;  // start from {0}; ig_mapped_text_free

void ig_mapped_text_free(ig_mapped_text *text);
ig_status ig_mapped_text_append(ig_mapped_text *text, const char *bytes, size_t length,
                                ig_source_range source, ig_error *err);
// So many bytes of another text, and their sources.
ig_status ig_mapped_text_append_slice(ig_mapped_text *text, const ig_mapped_text *from,
                                      size_t begin, size_t length, ig_error *err);
// A copy of valid UTF-8 that begins at this byte of the source.
ig_status ig_mapped_text_append_source(ig_mapped_text *text, const char *bytes, size_t length,
                                       size_t begin, ig_error *err);
#endif
