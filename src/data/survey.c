// Reads pairs of files line by line; keeps nothing but counts.
#include "data/survey.h"

#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "io/lines.h"
#include "text/utf8.h"

enum { LONGEST_CODE = 40 };  // bytes

static bool is_code_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

// The length of the language code that begins the line; 0: none. Other text within such brackets
// may be anything.
static size_t language_code_length(const char *line, size_t length) {
  const size_t code = ig_tokenizer_code_length(line, length);
  if (code < 5 || code > LONGEST_CODE) return 0;
  for (size_t i = 2; i + 2 < code; i++)
    if (!is_code_byte(line[i])) return 0;
  return code;
}

typedef struct surveyed_line {
  const char *text;  // NULL: the file has ended
  size_t length;
} surveyed_line;

static bool has_text(surveyed_line line) {
  ig_utf8_strip(&line.text, &line.length);
  return line.length > 0;
}

static ig_status survey_opened(ig_survey *s, ig_lines *const file[2], const char *const path[2],
                               ig_error *err) {
  for (;;) {
    surveyed_line line[2];
    for (int side = 0; side < 2; side++)
      IG_TRY(ig_lines_next(file[side], &line[side].text, &line[side].length, err));
    if (!line[0].text != !line[1].text)
      return ig_corpus_fail_unequal(file, path, line[0].text ? IG_SIDE_SOURCE : IG_SIDE_TARGET,
                                    err);
    if (!line[0].text) return IG_OK;
    s->lines++;
    s->pairs += has_text(line[0]) && has_text(line[1]);
    for (int side = 0; side < 2; side++) {
      const size_t code = language_code_length(line[side].text, line[side].length);
      if (code) IG_TRY(ig_tally_add(&s->codes[side], line[side].text, code, 1, err));
    }
  }
}

static ig_status survey_pair(ig_survey *s, const char *const path[2],
                             const ig_lines_options *reading, ig_error *err) {
  ig_lines *file[2] = {NULL, NULL};
  // Data are read more than once, which a pipe cannot be.
  for (int side = 0; side < 2; side++) IG_TRY(ig_file_check_regular(path[side], err));
  ig_status status = ig_lines_open(path[0], reading, &file[0], err);
  if (status == IG_OK) status = ig_lines_open(path[1], reading, &file[1], err);
  if (status == IG_OK) status = survey_opened(s, file, path, err);
  ig_lines_close(file[0]);
  ig_lines_close(file[1]);
  return status;
}

ig_status ig_survey_files(const ig_corpus_files *files, bool strict, ig_survey *out,
                          ig_error *err) {
  *out = (ig_survey){0};
  // Nobody is told of repaired lines: whoever loads the corpus tells.
  const ig_lines_options reading = {.bad_bytes =
                                        strict ? IG_BAD_BYTES_REFUSE : IG_BAD_BYTES_REPAIR};
  ig_status status = IG_OK;
  for (size_t f = 0; status == IG_OK && f < files->count; f++)
    status = survey_pair(out, (const char *[]){files->source[f], files->target[f]}, &reading, err);
  if (status == IG_OK && files->count && out->pairs == 0)
    status = ig_fail(err, IG_ERROR_FORMAT,
                     "%s and %s%s: expected pairs of lines with text, found none in %zu lines",
                     files->source[0], files->target[0], files->count > 1 ? " and the others" : "",
                     out->lines);
  if (status != IG_OK) ig_survey_free(out);
  return status;
}

void ig_survey_free(ig_survey *s) {
  for (int side = 0; side < 2; side++) ig_tally_free(&s->codes[side]);
  *s = (ig_survey){0};
}
