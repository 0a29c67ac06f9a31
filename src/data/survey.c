// Reads pairs of files line by line; keeps nothing but counts.
#include "data/survey.h"

#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "io/pairs.h"
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

static bool has_text(const char *text, size_t length) {
  ig_utf8_strip(&text, &length);
  return length > 0;
}

static ig_status survey_opened(ig_survey *s, ig_pairs *pairs, ig_error *err) {
  for (;;) {
    ig_pair pair;
    IG_TRY(ig_pairs_next(pairs, &pair, err));
    if (!pair.text[0]) return IG_OK;
    s->lines++;
    s->pairs += has_text(pair.text[0], pair.length[0]) && has_text(pair.text[1], pair.length[1]);
    for (int side = 0; side < 2; side++) {
      const size_t code = language_code_length(pair.text[side], pair.length[side]);
      if (code) IG_TRY(ig_tally_add(&s->codes[side], pair.text[side], code, 1, err));
    }
  }
}

static ig_status survey_input(ig_survey *s, const ig_pairs_input *input,
                              const ig_lines_options *reading, ig_error *err) {
  ig_pairs *pairs;
  // Data are read more than once, which a pipe cannot be.
  for (int side = 0; side < 2; side++) IG_TRY(ig_file_check_regular(input->path[side], err));
  IG_TRY(ig_pairs_open(input, reading, &pairs, err));
  const ig_status status = survey_opened(s, pairs, err);
  ig_pairs_close(pairs);
  return status;
}

ig_status ig_survey_files(const ig_corpus_files *files, bool strict, ig_survey *out,
                          ig_error *err) {
  *out = (ig_survey){0};
  // Nobody is told of repaired lines: whoever loads the corpus tells.
  const ig_lines_options reading = {.bad_bytes =
                                        strict ? IG_BAD_BYTES_REFUSE : IG_BAD_BYTES_REPAIR};
  ig_status status = IG_OK;
  for (size_t f = 0; status == IG_OK && f < files->count; f++) {
    const ig_pairs_input input = ig_corpus_input(files, f);
    status = survey_input(out, &input, &reading, err);
  }
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
