// ig_translate: one text as a stream of its own.
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "pipeline/translate_lines.h"

// The stream of one text: it is read once, and the lines of its answer are kept.
typedef struct single_text {
  const char *text;  // NULL: it has been read
  char *answer;      // lines with newlines between them; NULL: none yet
  size_t length, capacity;
} single_text;

static ig_status read_text(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  single_text *s = context;
  *line = s->text;
  *length = s->text ? strlen(s->text) : 0;
  s->text = NULL;
  return IG_OK;
}

static ig_status keep_line(void *context, const char *line, size_t length, ig_error *err) {
  single_text *s = context;
  const size_t begin = s->answer ? s->length + 1 : 0;
  IG_TRY(ig_allocate_more((void **)&s->answer, &s->capacity, begin + length + 1, 1, err));
  if (begin) s->answer[begin - 1] = '\n';
  memcpy(s->answer + begin, line, length);
  s->length = begin + length;
  s->answer[s->length] = '\0';
  return IG_OK;
}

ig_status ig_translate(ig_translator *t, const char *text, char **out, ig_error *err) {
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(t, "translator", err));
  IG_TRY(ig_fail_if_null(text, "text", err));
  single_text single = {.text = text};
  const ig_line_stream stream = {.read = read_text, .write = keep_line, .context = &single};
  ig_stream_input in = {.stream = &stream, .keeps_breaks = true};
  const ig_status status = ig_translate_lines_run(t, &in, NULL, err);
  if (status == IG_OK)
    *out = single.answer;
  else
    free(single.answer);
  return status;
}
