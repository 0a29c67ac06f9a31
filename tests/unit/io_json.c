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

// What a text becomes when it is read and written again; floats: with float's digits.
static void expect_text(const char *text, const char *doubles, const char *floats) {
  json_t *json = parse(text);
  char *written = ig_json_text(json, JSON_COMPACT);
  assert_string_equal(written, doubles);
  free(written);
  written = ig_json_text(json, JSON_COMPACT | JSON_REAL_PRECISION(9));
  assert_string_equal(written, floats);
  free(written);
  json_decref(json);
}

// As Python's json module writes doubles.
static void reals_have_few_digits(void **state) {
  (void)state;
  expect_text("[0.1,0.3,1e-5,1e-05,0.0001,-2.5,1.0,0.0,-0.0]",
              "[0.1,0.3,1e-05,1e-05,0.0001,-2.5,1.0,0.0,-0.0]",
              "[0.1,0.3,1e-05,1e-05,0.0001,-2.5,1.0,0.0,-0.0]");
  expect_text("[10000.0,1e6,1e15,1e16,1e22,1e30,1.5e7]",
              "[10000.0,1000000.0,1000000000000000.0,1e+16,1e+22,1e+30,15000000.0]",
              "[10000.0,1000000.0,1000000000000000.0,1e+16,1e+22,1e+30,15000000.0]");
  // 0.30000000000000004 is 0.1 + 0.2: the only text of 17 digits among these.
  expect_text("[0.30000000000000004,0.20000000298023224,0.3333333333333333,5e-324]",
              "[0.30000000000000004,0.20000000298023224,0.3333333333333333,5e-324]",
              "[0.3,0.2,0.33333333,5e-324]");
  // Integers stay integers, and texts stay as they are.
  expect_text("{\"a 0.10000000000000001\":\"1e5 \\\" 0.50\",\"n\":[1,-7,9007199254740993]}",
              "{\"a 0.10000000000000001\":\"1e5 \\\" 0.50\",\"n\":[1,-7,9007199254740993]}",
              "{\"a 0.10000000000000001\":\"1e5 \\\" 0.50\",\"n\":[1,-7,9007199254740993]}");
}

// Every double comes back; hashes of a text do not change.
static void reals_are_kept(void **state) {
  (void)state;
  uint64_t random = 88172645463325252u;
  for (int i = 0; i < 20000; i++) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    double value;
    memcpy(&value, &random, sizeof value);
    json_t *json = json_pack("[f]", value - value == 0 ? value : 1.0);
    char *text = ig_json_text(json, 0);
    json_t *again = parse(text);
    assert_true(json_equal(json, again));
    free(text);
    json_decref(json);
    json_decref(again);
  }
  json_t *json = parse("{\"b\":0.1,\"a\":1e-5}");
  char *text = ig_json_text_for_hash(json);
  assert_string_equal(text, "{\"a\":1.0000000000000001e-5,\"b\":0.10000000000000001}");
  free(text);
  json_decref(json);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(large_integers_are_reals),  cmocka_unit_test(words_of_python),
      cmocka_unit_test(what_is_wrong_stays_wrong), cmocka_unit_test(one_number_in_a_list),
      cmocka_unit_test(reals_have_few_digits),     cmocka_unit_test(reals_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
