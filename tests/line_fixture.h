// Lines in and out of a translator, in memory, and random ones.
#ifndef TESTS_LINE_FIXTURE_H
#define TESTS_LINE_FIXTURE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingot.h"

#define WORDS 40
#define MOST_LINES 90

typedef struct streams {
  const char *const *lines, *const *targets;
  const size_t *lengths;  // of the lines; NULL: they end at a NUL
  size_t count, target_count, next, next_target, written;
  char *out[8 * MOST_LINES];
  char warning[512];
} streams;

static inline void next_line(const char *const *lines, size_t count, size_t *next,
                             const char **line, size_t *length) {
  *line = *next < count ? lines[(*next)++] : NULL;
  *length = *line ? strlen(*line) : 0;
}

static inline ig_status read_line(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  streams *s = context;
  next_line(s->lines, s->count, &s->next, line, length);
  if (*line && s->lengths) *length = s->lengths[s->next - 1];
  return IG_OK;
}

static inline ig_status read_target(void *context, const char **line, size_t *length,
                                    ig_error *err) {
  (void)err;
  streams *s = context;
  next_line(s->targets, s->target_count, &s->next_target, line, length);
  return IG_OK;
}

static inline ig_status write_line(void *context, const char *line, size_t length, ig_error *err) {
  (void)err;
  streams *s = context;
  assert_true(s->written < sizeof s->out / sizeof *s->out);
  s->out[s->written] = calloc(length + 1, 1);
  memcpy(s->out[s->written++], line, length);
  return IG_OK;
}

// Keeps the first one. The models of the tests are random: that their translations do not end is
// not what is tested.
static inline void keep_warning(void *context, ig_level level, const char *text) {
  streams *s = context;
  if (*s->warning || strstr(text, "reached max_length")) return;
  if (level == IG_LEVEL_WARNING) snprintf(s->warning, sizeof s->warning, "%s", text);
}

static inline void release(streams *s) {
  for (size_t i = 0; i < s->written; i++) free(s->out[i]);
  s->written = s->next = s->next_target = 0;
}

static inline void expect_same(const streams *found, const streams *expected) {
  assert_int_equal(found->written, expected->written);
  for (size_t k = 0; k < found->written; k++) assert_string_equal(found->out[k], expected->out[k]);
}

// Each line written has as many words, or none.
static inline void expect_length(const streams *s, int words) {
  for (size_t i = 0; i < s->written; i++) {
    int found = 0;
    for (const char *p = s->out[i]; *p; p++) found += p == s->out[i] || p[-1] == ' ';
    assert_true(found == words || found == 0);
  }
}

// count lines of fewer than most_words (a power of two) words w0, w1, …: the same each time, and in
// the same memory.
static inline const char **random_lines(size_t count, uint32_t most_words) {
  static char text[MOST_LINES][256];
  static const char *lines[MOST_LINES];
  uint32_t h = 1;
  for (size_t i = 0; i < count; i++) {
    text[i][0] = 0;
    for (uint32_t n = ((h = h * 1664525u + 1013904223u) >> 16) % most_words; n > 0; n--) {
      h = h * 1664525u + 1013904223u;
      snprintf(text[i] + strlen(text[i]), sizeof text[i] - strlen(text[i]), "w%u ",
               (h >> 16) % WORDS);
    }
    lines[i] = text[i];
  }
  return lines;
}
#endif
