// Lines of several sentences: see whole_line.h.
#include "pipeline/whole_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

static ig_status append(ig_whole_line *line, const char *text, size_t length, ig_error *err) {
  IG_TRY(
      ig_allocate_more((void **)&line->text, &line->capacity, line->length + length + 1, 1, err));
  memcpy(line->text + line->length, text, length);
  line->length += length;
  line->text[line->length] = '\0';
  return IG_OK;
}

ig_status ig_whole_line_add(ig_whole_line *line, const char *gap, size_t gap_length,
                            const char *translation, ig_error *err) {
  line->sentences++;
  const size_t length = strlen(translation);
  if (line->length > 0 && length > 0) IG_TRY(append(line, gap, gap_length, err));
  return append(line, translation, length, err);
}

void ig_whole_line_clear(ig_whole_line *line) {
  line->length = 0;
  line->sentences = 0;
}

void ig_whole_line_free(ig_whole_line *line) {
  free(line->text);
  *line = (ig_whole_line){0};
}
