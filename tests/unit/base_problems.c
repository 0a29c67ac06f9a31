// Problems together are one error. Where no reporter is told of them, its message has them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/problems.h"

static void add(ig_problems *problems, const char *tensor, const char *text) {
  assert_int_equal(ig_problems_add(problems, tensor, NULL, "%s", text), IG_OK);
}

static void count_message(void *context, ig_level level, const char *text) {
  (void)level;
  (void)text;
  (*(int *)context)++;
}

static void without_a_reporter_the_error_has_them(void **state) {
  (void)state;
  ig_problems problems = {0};
  ig_error err = {0};
  add(&problems, "x", "a shape");
  add(&problems, "y", "a shape");
  add(&problems, NULL, "no room");
  assert_int_equal(ig_problems_report(&problems, "r.yml", NULL, &err), IG_ERROR_FORMAT);
  assert_string_equal(err.message,
                      "r.yml cannot be carried out: 2 problems: x, y: a shape; no room");
  ig_reporter reporter = {0};
  assert_int_equal(ig_problems_report(&problems, "r.yml", &reporter, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "; no room"));
  int told = 0;
  reporter = (ig_reporter){.message = count_message, .context = &told};
  assert_int_equal(ig_problems_report(&problems, "r.yml", &reporter, &err), IG_ERROR_FORMAT);
  assert_string_equal(err.message, "r.yml cannot be carried out: 2 problems");
  assert_int_equal(told, 2);
  ig_problems_free(&problems);
}

// One problem of the system makes the whole one of it, also after it was moved.
static void what_the_system_refused_is_known(void **state) {
  (void)state;
  ig_problems problems = {0}, all = {0};
  ig_error err = {0}, why = {.status = IG_ERROR_FORMAT, .message = "no shape"};
  assert_int_equal(ig_problems_judge(&problems, why.status, &why, &err), IG_OK);
  assert_int_equal(ig_problems_report(&problems, "r.yml", NULL, &err), IG_ERROR_FORMAT);
  why = (ig_error){.status = IG_ERROR_IO, .message = "a: cannot open"};
  assert_int_equal(ig_problems_judge(&problems, why.status, &why, &err), IG_OK);
  assert_int_equal(ig_problems_move(&all, &problems, &err), IG_OK);
  assert_int_equal(ig_problems_report(&all, "r.yml", NULL, &err), IG_ERROR_IO);
  assert_int_equal(ig_problems_report(&problems, "r.yml", NULL, &err), IG_OK);
  ig_problems_free(&all);
}

static void what_does_not_fit_is_counted(void **state) {
  (void)state;
  ig_problems problems = {0};
  ig_error err = {0};
  for (int i = 0; i < 200; i++) {
    char text[32];
    snprintf(text, sizeof text, "problem number %d", i);
    add(&problems, NULL, text);
  }
  ig_problems_report(&problems, "r.yml", NULL, &err);
  const size_t length = strlen(err.message);
  assert_true(length > 950);
  int more, end = 0;
  const char *rest = strstr(err.message, "; and ");
  assert_non_null(rest);
  assert_int_equal(sscanf(rest, "; and %d more%n", &more, &end), 1);
  assert_int_equal(rest[end], '\0');
  char last[64];
  snprintf(last, sizeof last, "problem number %d; and ", 199 - more);
  assert_non_null(strstr(err.message, last));
  ig_problems_free(&problems);
  // One that is longer than a message is cut, and the others are counted.
  char text[990];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  add(&problems, NULL, text);
  add(&problems, NULL, "another");
  ig_problems_report(&problems, "r.yml", NULL, &err);
  assert_non_null(strstr(err.message, "problems: xxx"));
  assert_non_null(strstr(err.message, "; and 1 more"));
  ig_problems_free(&problems);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(without_a_reporter_the_error_has_them),
      cmocka_unit_test(what_the_system_refused_is_known),
      cmocka_unit_test(what_does_not_fit_is_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
