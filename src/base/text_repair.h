// Lines that are no text are made text, and told: of malformed UTF-8 each maximal subpart becomes
// U+FFFD, and each NUL a space. One bad byte costs a letter, not the lines after it.
#ifndef IG_BASE_TEXT_REPAIR_H
#define IG_BASE_TEXT_REPAIR_H
#include "ingot/core.h"

// The repairs of one stream of lines. Start from {.where = …, .reporter = …}; ig_text_repair_free.
typedef struct ig_text_repair {
  const char *where;            // what the number of a line comes after in messages: "line "
  const ig_reporter *reporter;  // NULL: nothing is told
  size_t lines;                 // repaired so far
  char *text;                   // the line last repaired
  size_t capacity;
} ig_text_repair;

// A line without a bad byte is left as it is; else *line and *length become those of the repaired
// one, which lives until the next call. The first ten repaired lines are told, each with the number
// of its first bad byte.
ig_status ig_text_repair_line(ig_text_repair *repair, size_t number, const char **line,
                              size_t *length, ig_error *err);
// At the end of the stream: tells how many lines were repaired, if not all of them were told.
void ig_text_repair_end(const ig_text_repair *repair);
void ig_text_repair_free(ig_text_repair *repair);

// IG_ERROR_FORMAT with the number of the first bad byte, if there is one: for readers that repair
// nothing.
ig_status ig_text_repair_refuse(const char *line, size_t length, ig_error *err);
#endif
