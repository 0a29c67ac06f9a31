// JSON with numbers as Python writes them: integers beyond 64 bits, Infinity and NaN.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/json.h"

static json_t *parse(const char *text) {
  json_t *json;
  ig_error err = {0};
  if (ig_json_parse(text, strlen(text), "file", &json, &err) != IG_OK)
    fail_msg("%s: %s", text, err.message);
  return json;
}

static void large_integers_are_reals(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double value;
    bool integer;
  } cases[] = {
      {"1000000000000000019884624838656", 1e30, false},
      {"-1000000000000000019884624838656", -1e30, false},
      {"9223372036854775807", 9223372036854775807.0, true},
      {"9223372036854775808", 9223372036854775808.0, false},
      {"-9223372036854775808", -9223372036854775808.0, true},
      {"-9223372036854775809", -9223372036854775808.0, false},
      {"123456789012345678901234567890123456789012345",
       123456789012345678901234567890123456789012345.0, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[200];
    snprintf(text, sizeof text, "{\"s\": \"1%s\", \"list\": [%s,7]}", cases[i].text, cases[i].text);
    json_t *json = parse(text), *list = json_object_get(json, "list");
    const json_t *number = json_array_get(list, 0);
    assert_int_equal(json_is_integer(number), cases[i].integer);
    assert_true(json_number_value(number) == cases[i].value);
    assert_true(json_is_integer(json_array_get(list, 1)));
    assert_int_equal(strlen(json_string_value(json_object_get(json, "s"))),
                     strlen(cases[i].text) + 1);
    json_decref(json);
  }
}

// They are written as they were read, and refused where a number, or a text, is needed.
static void words_of_python(void **state) {
  (void)state;
  static const char text[] =
      "{\"a\":Infinity,\"b\":[-Infinity,NaN,{\"c\":NaN}],\"NaN\":\"say \\\"NaN\\\" "
      "\\\\\",\"d\":-1.5}";
  json_t *json = parse(text);
  char *again = ig_json_text(json, JSON_COMPACT | JSON_PRESERVE_ORDER);
  assert_string_equal(again, text);
  free(again);
  const ig_json_object from = {json, "config.json"};
  ig_error err = {0};
  double number;
  int integer;
  bool flag;
  const char *string;
  assert_int_equal(ig_json_number(from, "a", 0, &number, &err), IG_ERROR_FORMAT);
  assert_string_equal(err.message, "config.json: a: expected a number, found Infinity");
  assert_int_equal(ig_json_int(from, "a", 0, &integer, &err), IG_ERROR_FORMAT);
  assert_int_equal(ig_json_bool(from, "a", false, &flag, &err), IG_ERROR_FORMAT);
  assert_int_equal(ig_json_string(from, "a", NULL, &string, &err), IG_ERROR_FORMAT);
  assert_string_equal(err.message, "config.json: a: expected a string, found Infinity");
  json_decref(json);
}

static void what_is_wrong_stays_wrong(void **state) {
  (void)state;
  static const char *const wrong[] = {
      "{\"a\": nan}",
      "{\"a\": Infinityx}",
      "{\"a\": +Infinity}",
      "{\"a\": - Infinity}",
      "{\"a\": NaN,}",
      "{\"a\": NaN, \"a\": 1}",
      "{\"a\": NaN NaN}",
      "{NaN: 1}",
      "{\"a\": Infinity",
      "{\"a\": -NaN}",
      "[12345678901234567890.]",
      "[12345678901234567890e]",
      "[012345678901234567890]",
      "{\"a\": \"NaN}",
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    json_t *json;
    ig_error err = {0};
    if (ig_json_parse(wrong[i], strlen(wrong[i]), "file", &json, &err) != IG_ERROR_FORMAT)
      fail_msg("%s is taken", wrong[i]);
    assert_null(json);
    assert_non_null(strstr(err.message, "file:1:"));
  }
  json_t *json = parse("{\"n\": 12345678901234567890}");
  int integer;
  assert_int_equal(ig_json_int((ig_json_object){json, "f"}, "n", 0, &integer, NULL),
                   IG_ERROR_FORMAT);
  json_decref(json);
}

static void one_number_in_a_list(void **state) {
  (void)state;
  json_t *json = parse("{\"a\": [4], \"b\": [0.5], \"c\": [4, 5], \"d\": [\"x\"], \"e\": []}");
  const ig_json_object from = {json, "f"};
  int integer;
  double number;
  assert_int_equal(ig_json_int(from, "a", 0, &integer, NULL), IG_OK);
  assert_int_equal(integer, 4);
  assert_int_equal(ig_json_number(from, "b", 0, &number, NULL), IG_OK);
  assert_true(number == 0.5);
  for (const char *key = "cde"; *key; key++)
    assert_int_equal(ig_json_int(from, (const char[]){*key, '\0'}, 0, &integer, NULL),
                     IG_ERROR_FORMAT);
  json_decref(json);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(large_integers_are_reals),
      cmocka_unit_test(words_of_python),
      cmocka_unit_test(what_is_wrong_stays_wrong),
      cmocka_unit_test(one_number_in_a_list),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
