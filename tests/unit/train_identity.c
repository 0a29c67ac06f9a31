// What must stay the same between a run and its resumption.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "train/identity.h"

static json_t *parsed(const char *text) {
  json_t *object = json_loads(text, 0, NULL);
  assert_non_null(object);
  return object;
}

static char latest[] = "run/latest";

static ig_status compare(const char *saved, const char *wanted, ig_error *err) {
  json_t *a = parsed(saved), *b = parsed(wanted);
  *err = (ig_error){0};
  ig_run run = {.latest = latest, .identity = b, .config = {.path = "c.yml", .output = "run"}};
  const ig_status status = ig_identity_compare(&run, a, err);
  json_decref(a);
  json_decref(b);
  return status;
}

#define COVERAGE "data.sentencepiece.character_coverage"

// A checkpoint of version 0.1 has the coverage that was the default then.
static void old_default_of_the_coverage(void **state) {
  (void)state;
  ig_error err;
  assert_int_equal(
      compare("{\"" COVERAGE "\": 0.9995, \"train.seed\": 1}", "{\"train.seed\": 1}", &err), IG_OK);
  assert_int_equal(compare("{\"" COVERAGE "\": 0.99}", "{}", &err), IG_ERROR_ARGUMENT);
  assert_non_null(
      strstr(err.message, COVERAGE " is 0.99 there, nothing now (c.yml, which does not"));
  assert_int_equal(compare("{\"" COVERAGE "\": 0.9995}", "{\"" COVERAGE "\": 1}", &err),
                   IG_ERROR_ARGUMENT);
  assert_int_equal(compare("{\"train.seed\": 0.9995}", "{}", &err), IG_ERROR_ARGUMENT);
}

static void first_difference(void **state) {
  (void)state;
  json_t *two = parsed("{\"a\": 1, \"b\": 2}"), *one = parsed("{\"a\": 1}"), *none = parsed("{}");
  assert_null(ig_identity_different_key(two, two));
  assert_string_equal(ig_identity_different_key(one, two), "b");
  assert_string_equal(ig_identity_different_key(two, one), "b");
  assert_string_equal(ig_identity_different_key(NULL, one), "a");
  assert_null(ig_identity_different_key(NULL, none));
  json_decref(two);
  json_decref(one);
  json_decref(none);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(old_default_of_the_coverage),
      cmocka_unit_test(first_difference),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
