#include "text/text_pattern.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/byte_words.h"
#include "text/utf8.h"

static const struct {
  const char *text;
  ig_pattern_kind kind;
} expressions[] = {
    {" {2,}", IG_PATTERN_SPACES},
    {"\\s{2,}|[\\n\\r\\t]", IG_PATTERN_CONTROLS},
    {"\\n", IG_PATTERN_LINE_FEED},
    {"\\s+", IG_PATTERN_WHITE},
    {"\\s", IG_PATTERN_WHITE_SINGLE},
    {"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
     IG_PATTERN_WORDS},
};

void ig_text_pattern_free(ig_text_pattern *p) {
  free(p->text);
  *p = (ig_text_pattern){0};
}

static ig_status read_expression(const char *text, const char *where, const char *part,
                                 ig_text_pattern *out, ig_error *err) {
  for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++)
    if (strcmp(text, expressions[i].text) == 0) {
      out->kind = expressions[i].kind;
      return IG_OK;
    }
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s: the regular expression '%.200s' is not built",
                 where, part, text);
}

ig_status ig_text_pattern_read(const json_t *step, const char *where, const char *part,
                               ig_text_pattern *out, ig_error *err) {
  const json_t *pattern = json_object_get(step, "pattern");
  const char *text = json_string_value(json_object_get(pattern, "String"));
  const char *expression = json_string_value(json_object_get(pattern, "Regex"));
  if (expression) return read_expression(expression, where, part, out, err);
  if (!text || !*text)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: pattern: expected a String or a Regex", where,
                   part);
  out->kind = IG_PATTERN_STRING;
  out->length = strlen(text);
  out->text = ig_allocate_copy(text, out->length, err);
  return out->text ? IG_OK : IG_ERROR_MEMORY;
}

// The bytes of so much white space; *count: its characters.
static size_t white_length(const char *text, size_t length, size_t *count) {
  size_t at = 0, step;
  *count = 0;
  while (at < length && ig_byte_words_is_space(ig_utf8_decode(text + at, &step))) {
    at += step;
    ++*count;
  }
  return at;
}

static size_t match_spaces(const char *text, size_t length) {
  size_t count = 0;
  while (count < length && text[count] == ' ') count++;
  return count >= 2 ? count : 0;
}

static size_t match_controls(const char *text, size_t length) {
  size_t count;
  const size_t white = white_length(text, length, &count);
  if (count >= 2) return white;
  return *text == '\n' || *text == '\r' || *text == '\t' ? 1 : 0;
}

static size_t match_white(const char *text, size_t length, bool single) {
  size_t count;
  const size_t white = white_length(text, length, &count);
  return single && count > 0 ? ig_utf8_step(text) : white;
}

size_t ig_text_pattern_match(const ig_text_pattern *p, const char *text, size_t length) {
  if (length == 0) return 0;
  switch (p->kind) {
    case IG_PATTERN_STRING:
      return length >= p->length && memcmp(text, p->text, p->length) == 0 ? p->length : 0;
    case IG_PATTERN_SPACES: return match_spaces(text, length);
    case IG_PATTERN_CONTROLS: return match_controls(text, length);
    case IG_PATTERN_LINE_FEED: return *text == '\n';
    case IG_PATTERN_WHITE: return match_white(text, length, false);
    case IG_PATTERN_WHITE_SINGLE: return match_white(text, length, true);
    case IG_PATTERN_WORDS: return ig_byte_words_first(text, length);
  }
  return 0;
}
