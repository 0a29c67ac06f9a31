// Lines that are no text are made text: what becomes of each malformed sequence, and what is told.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text_repair.h"
#include "base/utf8_sequence.h"

#define R "\xEF\xBF\xBD"

// Unicode 15, section 3.9: tables 3-8 to 3-11, what D93b and the WHATWG's decoder make of them, and
// what Python's bytes.decode("utf-8", "replace") gives.
static const struct {
  const char *bytes, *text;
} cases[] = {
    {"", ""},
    {"plain", "plain"},
    {"\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80", "\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80"},
    {"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", R R R R R R R R "A"},    // overlong forms
    {"\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", R R R R R R R R "A"},    // surrogates
    {"\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", R R R R R "A" R R "B"},  // above U+10FFFF, others
    {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", R R R R "A"},            // cut sequences
    {"caf\xE9 au lait", "caf" R " au lait"},                          // Latin-1
    {"end\xE4\xB8", "end" R},                                         // cut by the end
    {"end\xF0\x9F\x98", "end" R},
    {"\xC3\xC3\xA9", R "\xC3\xA9"},
    {"\xF5\xF8\xFC\xFE", R R R R},
};

static void malformed_sequences(void **state) {
  (void)state;
  ig_text_repair repair = {.where = ""};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *line = cases[i].bytes;
    size_t length = strlen(line);
    const bool bad = strcmp(cases[i].bytes, cases[i].text) != 0;
    assert_int_equal(ig_text_repair_refuse(line, length, NULL), bad ? IG_ERROR_FORMAT : IG_OK);
    assert_int_equal(ig_text_repair_line(&repair, 1, &line, &length, NULL), IG_OK);
    if (strcmp(line, cases[i].text) != 0) fail_msg("case %zu: %s", i, line);
    assert_int_equal(length, strlen(cases[i].text));
    if (!bad) assert_ptr_equal(line, cases[i].bytes);
  }
  assert_int_equal(repair.lines, 9);
  ig_text_repair_free(&repair);
}

// Each byte alone, and each pair: text or not.
static void every_pair(void **state) {
  (void)state;
  for (unsigned a = 0; a < 256; a++)
    for (unsigned b = 0; b < 256; b++) {
      const unsigned char s[] = {(unsigned char)a, (unsigned char)b};
      const size_t one = ig_utf8_sequence_length(s, 1), two = ig_utf8_sequence_length(s, 2);
      assert_int_equal(one, a < 0x80 ? 1 : 0);
      assert_int_equal(two, a < 0x80 ? 1 : a >= 0xC2 && a < 0xE0 && b >= 0x80 && b < 0xC0 ? 2 : 0);
    }
}

typedef struct told_lines {
  size_t count;
  char last[256];
} told_lines;

static void keep_message(void *context, ig_level level, const char *text) {
  told_lines *told = context;
  assert_int_equal(level, IG_LEVEL_WARNING);
  told->count++;
  snprintf(told->last, sizeof told->last, "%s", text);
}

static void ten_are_told(void **state) {
  (void)state;
  told_lines told = {0};
  const ig_reporter reporter = {.message = keep_message, .context = &told};
  ig_text_repair repair = {.where = "file:", .reporter = &reporter};
  for (size_t number = 1; number <= 25; number++) {
    const char *line = number % 2 ? "a\xFF\xFE" : "fine";
    size_t length = strlen(line);
    assert_int_equal(ig_text_repair_line(&repair, number, &line, &length, NULL), IG_OK);
    if (number == 1)
      assert_string_equal(
          told.last, "file:1: byte 2 (0xFF) is not UTF-8: read as U+FFFD, and 1 more in this line");
  }
  assert_int_equal(repair.lines, 13);
  assert_int_equal(told.count, 10);
  ig_text_repair_end(&repair);
  assert_int_equal(told.count, 11);
  assert_non_null(strstr(told.last, "13 lines"));
  const char *line = "a\0b";
  size_t length = 3;
  ig_text_repair other = {.where = "line ", .reporter = &reporter};
  assert_int_equal(ig_text_repair_line(&other, 7, &line, &length, NULL), IG_OK);
  assert_string_equal(line, "a b");
  assert_int_equal(length, 3);
  assert_string_equal(told.last, "line 7: byte 2 is NUL: read as a space");
  told.count = 0;
  ig_text_repair_end(&other);
  assert_int_equal(told.count, 0);
  ig_text_repair_free(&repair);
  ig_text_repair_free(&other);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(malformed_sequences),
                                     cmocka_unit_test(every_pair), cmocka_unit_test(ten_are_told)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
