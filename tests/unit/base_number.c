// Numbers are read and written with a point, although the program has set a locale with a comma.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/fail.h"
#include "base/number.h"
#include "base/report.h"
#include "comma_locale.h"

static void the_locale_has_a_comma(void **state) {
  (void)state;
  char text[16];
  snprintf(text, sizeof text, "%.1f", 0.5);
  assert_string_equal(text, "0,5");  // without this, the tests below prove nothing
}

static void numbers_are_read(void **state) {
  (void)state;
  double value = 7;
  assert_true(ig_number_parse("-12.375e-1", &value));
  assert_true(value == -1.2375);
  assert_false(ig_number_parse("0,5", &value));
  assert_false(ig_number_parse("1.5x", &value));
  assert_false(ig_number_parse("", &value));
  assert_true(value == -1.2375);
}

static void keep(void *context, ig_level level, const char *text) {
  (void)level;
  snprintf(context, 64, "%s", text);
}

static void numbers_are_written(void **state) {
  (void)state;
  char text[64];
  assert_int_equal(ig_number_format(text, sizeof text, "%.3f %g %s", 1234.5, 1e-9, "x"), 16);
  assert_string_equal(text, "1234.500 1e-09 x");
  ig_error err;
  ig_fail(&err, IG_ERROR_FORMAT, "found %g", 0.25);
  assert_string_equal(err.message, "found 0.25");
  ig_fail_in(&err, IG_ERROR_FORMAT, "at %.1f", 0.5);
  assert_string_equal(err.message, "at 0.5: found 0.25");
  ig_report(&(ig_reporter){.message = keep, .context = text}, IG_LEVEL_INFO, "loss %.4f", 0.125);
  assert_string_equal(text, "loss 0.1250");
}

static void the_callers_locale_stays(void **state) {
  (void)state;
  const locale_t before = uselocale((locale_t)0);
  ig_number_locale_leave(ig_number_locale_enter());
  assert_true(uselocale((locale_t)0) == before);
  the_locale_has_a_comma(state);
}

int main(void) {
  if (!use_locale("de_DE")) {
    puts("skipped: no localedef, or no sources of the locale de_DE");
    return 77;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_locale_has_a_comma), cmocka_unit_test(numbers_are_read),
      cmocka_unit_test(numbers_are_written), cmocka_unit_test(the_callers_locale_stays)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
