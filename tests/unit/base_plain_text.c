// Text that is shown: what a terminal would obey is taken out, and nothing else.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fail.h"
#include "base/plain_text.h"
#include "base/report.h"

static void expect_clean(const char *text, bool keep_lines, const char *expected) {
  char copy[256], *printed = NULL;
  size_t size;
  snprintf(copy, sizeof copy, "%s", text);
  ig_clean_text(copy, keep_lines);
  assert_string_equal(copy, expected);
  if (keep_lines) return;
  FILE *out = open_memstream(&printed, &size);
  assert_non_null(out);
  ig_plain_text_print(out, text);
  fclose(out);
  assert_string_equal(printed, expected);
  free(printed);
}

static void what_a_terminal_obeys_becomes_spaces(void **state) {
  (void)state;
  expect_clean("a\x1b[2Jb\x07\x7f", false, "a [2Jb  ");
  expect_clean("a\nb\tc\r", false, "a b c ");
  expect_clean("a\nb\tc\r", true, "a\nb\tc ");
  expect_clean("\xC2\x80\xC2\x9B\xC2\x9F\xC2\xA0", false, "   \xC2\xA0");  // C1, no-break space
  expect_clean("\xE2\x80\xA7\xE2\x80\xA8\xE2\x80\xAE\xE2\x80\xAF", false,
               "\xE2\x80\xA7  \xE2\x80\xAF");
  expect_clean("\xE2\x81\xA5\xE2\x81\xA6\xE2\x81\xA9\xE2\x81\xAA", false,
               "\xE2\x81\xA5  \xE2\x81\xAA");
}

static void other_text_stays(void **state) {
  (void)state;
  const char *const texts[] = {"", "plain", "\xC3\xA4\xE4\xBD\xA0\xF0\x9F\x98\x80\xD7\x90"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) expect_clean(texts[i], false, texts[i]);
  ig_clean_text(NULL, false);
}

static void bytes_that_are_no_text_are_marked(void **state) {
  (void)state;
  expect_clean(
      "a\x9B"
      "b\xFF",
      false, "a?b?");
  expect_clean("\xC3", false, "?");                      // cut short
  expect_clean("\xC0\xAF\xE0\x80\xAF", false, "?????");  // overlong
  expect_clean("\xED\xA0\x80", false, "???");            // a surrogate
  expect_clean("\xF4\x90\x80\x80\xF8", false, "?????");  // above U+10FFFF
}

static void json_keeps_the_value(void **state) {
  (void)state;
  char *text = ig_plain_text_in_json(strdup("\"\x7f\xC2\x9B\xE2\x80\xAE\xC3\xA4\n\""));
  assert_string_equal(text, "\"\\u007f\\u009b\\u202e\xC3\xA4\n\"");
  free(text);
  text = ig_plain_text_in_json(strdup("{}"));
  assert_string_equal(text, "{}");
  free(text);
  assert_null(ig_plain_text_in_json(NULL));
}

static void keep_message(void *context, ig_level level, const char *text) {
  (void)level;
  snprintf(context, 256, "%s", text);
}

static void keep_note(void *context, const ig_progress *progress) {
  snprintf(context, 256, "%s", progress->note);
}

static void messages_are_clean(void **state) {
  (void)state;
  ig_error err;
  char shown[256];
  const ig_reporter reporter = {.message = keep_message, .progress = keep_note, .context = shown};
  ig_fail(&err, IG_ERROR_IO, "%s: no", "a\x1b\xC2\x9B");
  assert_string_equal(err.message, "a  : no");
  ig_fail_in(&err, IG_ERROR_IO, "%s", "\xE2\x80\xAE");
  assert_string_equal(err.message, " : a  : no");
  ig_report(&reporter, IG_LEVEL_INFO, "%s", "x\x1b]0;title\x07");
  assert_string_equal(shown, "x ]0;title ");
  ig_report_progress(&reporter, &(ig_progress){.what = "", .note = "n\xC2\x9B"});
  assert_string_equal(shown, "n ");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_a_terminal_obeys_becomes_spaces), cmocka_unit_test(other_text_stays),
      cmocka_unit_test(bytes_that_are_no_text_are_marked), cmocka_unit_test(json_keeps_the_value),
      cmocka_unit_test(messages_are_clean)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
