// Errors, reports and the interruption flag.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "base/report.h"
#include "ingot.h"

static void messages_are_formatted(void **state) {
  (void)state;
  ig_error err = {0};
  assert_int_equal(ig_fail(&err, IG_ERROR_FORMAT, "%s: expected %d, found %d", "config.json", 4, 5),
                   IG_ERROR_FORMAT);
  assert_int_equal(err.status, IG_ERROR_FORMAT);
  assert_string_equal(err.message, "config.json: expected 4, found 5");
  assert_int_equal(ig_fail_in(&err, IG_ERROR_IO, "model %s", "x"), IG_ERROR_FORMAT);
  assert_string_equal(err.message, "model x: config.json: expected 4, found 5");
  assert_int_equal(ig_fail(&err, IG_ERROR_IO, "again: %s", err.message), IG_ERROR_IO);
  assert_string_equal(err.message, "again: model x: config.json: expected 4, found 5");
  assert_int_equal(ig_fail(NULL, IG_ERROR_MEMORY, "nobody listens"), IG_ERROR_MEMORY);
  assert_int_equal(ig_fail_in(NULL, IG_ERROR_MEMORY, "nobody listens"), IG_ERROR_MEMORY);
}

static void a_message_is_one_line_of_bounded_length(void **state) {
  (void)state;
  ig_error err = {0};
  ig_fail(&err, IG_ERROR_IO, "two\nlines\tand a tab");
  assert_string_equal(err.message, "two lines and a tab");
  char text[4000];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  ig_fail(&err, IG_ERROR_IO, "%s", text);
  assert_int_equal(strlen(err.message), sizeof err.message - 1);
  ig_fail_in(&err, IG_ERROR_IO, "%s", text);
  assert_int_equal(strlen(err.message), sizeof err.message - 1);
  // The text is two-byte characters, so the last byte of the buffer would hold half a character.
  for (size_t i = 0; i + 2 < sizeof text; i += 2) memcpy(text + i, "\xC3\xA4", 2);
  text[sizeof text - 2] = '\0';
  ig_fail(&err, IG_ERROR_IO, "%s", text);
  assert_int_equal(strlen(err.message), sizeof err.message - 2);
}

static ig_status forwards(ig_status inner) {
  IG_TRY(inner);
  return IG_ERROR_DIVERGED;
}

static void try_forwards_failures_only(void **state) {
  (void)state;
  assert_int_equal(forwards(IG_ERROR_FORMAT), IG_ERROR_FORMAT);
  assert_int_equal(forwards(IG_OK), IG_ERROR_DIVERGED);
}

static void statuses_have_names(void **state) {
  (void)state;
  for (int a = IG_OK; a <= IG_INTERRUPTED; a++) {
    assert_string_not_equal(ig_status_name((ig_status)a), "unknown");
    for (int b = IG_OK; b < a; b++)
      assert_string_not_equal(ig_status_name((ig_status)a), ig_status_name((ig_status)b));
  }
  assert_true(strlen(ig_version()) >= 5);
}

static void interruption_is_set_and_cleared(void **state) {
  (void)state;
  ig_interrupter *one, *other;
  assert_false(ig_interrupt_requested(NULL));
  assert_int_equal(ig_interrupter_create(&one, NULL), IG_OK);
  assert_int_equal(ig_interrupter_create(&other, NULL), IG_OK);
  assert_false(ig_interrupt_requested(one));
  ig_interrupt(one);
  assert_true(ig_interrupt_requested(one));
  assert_false(ig_interrupt_requested(other));
  ig_interrupter_reset(one);
  assert_false(ig_interrupt_requested(one));
  ig_interrupter_free(one);
  ig_interrupter_free(other);
}

static void keep_message(void *context, ig_level level, const char *text) {
  assert_int_equal(level, IG_LEVEL_WARNING);
  strcpy(context, text);
}

static void reports_reach_the_caller(void **state) {
  (void)state;
  char text[64] = "";
  ig_reporter reporter = {.message = keep_message, .context = text};
  ig_report(&reporter, IG_LEVEL_WARNING, "line %d", 3);
  assert_string_equal(text, "line 3");
  ig_progress progress = {0};
  ig_report_progress(&reporter, &progress);
  ig_report(NULL, IG_LEVEL_INFO, "nobody listens");
  double before = ig_clock_seconds();
  assert_true(ig_clock_seconds() >= before);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(messages_are_formatted),
      cmocka_unit_test(a_message_is_one_line_of_bounded_length),
      cmocka_unit_test(try_forwards_failures_only),
      cmocka_unit_test(statuses_have_names),
      cmocka_unit_test(interruption_is_set_and_cleared),
      cmocka_unit_test(reports_reach_the_caller),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
