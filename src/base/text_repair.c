#include "base/text_repair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/report.h"
#include "base/utf8_sequence.h"

#define LINES_TOLD 10  // of the others a count is told

static const char replacement[] = "\xEF\xBF\xBD";  // U+FFFD
enum { REPLACEMENT = sizeof replacement - 1 };

// What a line has that is no text.
typedef struct bad_places {
  size_t count;  // 0: the line is fine
  size_t first;  // the offset of the first one
  size_t size;   // bytes of the repaired line
} bad_places;

// The length of the text at s, or 0 if what begins there is no text.
static size_t text_length(const unsigned char *s, size_t n) {
  if (s[0] < 0x80) return s[0] ? 1 : 0;
  return ig_utf8_sequence_length(s, n);
}

// The bytes that are replaced together at s, where text_length is 0.
static size_t bad_length(const unsigned char *s, size_t n) {
  return s[0] ? ig_utf8_sequence_subpart(s, n) : 1;
}

static bad_places find_bad_places(const char *line, size_t length) {
  const unsigned char *s = (const unsigned char *)line;
  bad_places bad = {.size = length};
  for (size_t i = 0; i < length;) {
    i += ig_utf8_sequence_ascii(s + i, length - i);
    if (i == length) break;
    size_t step = text_length(s + i, length - i);
    if (step == 0) {
      if (bad.count++ == 0) bad.first = i;
      step = bad_length(s + i, length - i);
      bad.size += (s[i] ? REPLACEMENT : 1) - step;  // modulo 2^N, the sum is right
    }
    i += step;
  }
  return bad;
}

static void write_repaired(char *to, const char *line, size_t length) {
  const unsigned char *s = (const unsigned char *)line;
  for (size_t i = 0; i < length;) {
    size_t step = text_length(s + i, length - i);
    if (step > 0) {
      memcpy(to, line + i, step);
      to += step;
    } else {
      step = bad_length(s + i, length - i);
      const char *put = s[i] ? replacement : " ";
      memcpy(to, put, strlen(put));
      to += strlen(put);
    }
    i += step;
  }
  *to = '\0';
}

static void tell_repair(const ig_text_repair *r, size_t number, const char *line,
                        const bad_places *bad) {
  char others[64] = "";
  if (bad->count > 1)
    snprintf(others, sizeof others, ", and %zu more in this line", bad->count - 1);
  if (line[bad->first] == '\0')
    ig_report(r->reporter, IG_LEVEL_WARNING, "%s%zu: byte %zu is NUL: read as a space%s", r->where,
              number, bad->first + 1, others);
  else
    ig_report(r->reporter, IG_LEVEL_WARNING,
              "%s%zu: byte %zu (0x%02X) is not UTF-8: read as U+FFFD%s", r->where, number,
              bad->first + 1, (unsigned char)line[bad->first], others);
}

ig_status ig_text_repair_line(ig_text_repair *r, size_t number, const char **line, size_t *length,
                              ig_error *err) {
  const bad_places bad = find_bad_places(*line, *length);
  if (bad.count == 0) return IG_OK;
  IG_TRY(ig_allocate_more((void **)&r->text, &r->capacity, bad.size + 1, 1, err));
  write_repaired(r->text, *line, *length);
  if (r->lines++ < LINES_TOLD) tell_repair(r, number, *line, &bad);
  *line = r->text;
  *length = bad.size;
  return IG_OK;
}

void ig_text_repair_end(const ig_text_repair *r) {
  if (r->lines > LINES_TOLD)
    ig_report(r->reporter, IG_LEVEL_WARNING,
              "bytes that are not UTF-8, or NUL, were replaced in %zu lines; the first %d are told "
              "above",
              r->lines, LINES_TOLD);
}

void ig_text_repair_free(ig_text_repair *r) {
  free(r->text);
  r->text = NULL;
  r->capacity = 0;
}

ig_status ig_text_repair_refuse(const char *line, size_t length, ig_error *err) {
  const bad_places bad = find_bad_places(line, length);
  if (bad.count == 0) return IG_OK;
  if (line[bad.first] == '\0')
    return ig_fail(err, IG_ERROR_FORMAT, "a NUL at byte %zu of the line; this is no text",
                   bad.first + 1);
  return ig_fail(err, IG_ERROR_FORMAT, "not UTF-8 at byte %zu of the line", bad.first + 1);
}
