// YAML and JSON: values, positions in errors, overrides, suggestions, documents that multiply
// themselves by aliases.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/json.h"
#include "io/yaml.h"

static ig_yaml *parse(const char *text) {
  ig_yaml *yaml;
  ig_error err = {0};
  if (ig_yaml_parse(text, strlen(text), "config.yml", &yaml, &err) != IG_OK)
    fail_msg("%s", err.message);
  return yaml;
}

static void says(const ig_error *err, const char *part) {
  if (!strstr(err->message, part)) fail_msg("'%s' does not say '%s'", err->message, part);
}

static void values(void **state) {
  (void)state;
  ig_yaml *yaml = parse(
      "train:\n  eps: 1.0e-9\n  rate: 5e-4\n  updates: 8000\n  on: true\n  off: false\n  seed: "
      "18446744073709551615\n"
      "  betas: [0.9, 0.98]\n  text: 'true'\n  none: ~\n  files: [a, b]\n  base: &x {k: 1}\n  "
      "copy: *x\n");
  const ig_yaml_node *train;
  ig_error err = {0};
  double number, betas[2];
  int integer;
  uint64_t big;
  bool truth;
  const char *text, **list;
  size_t count;
  assert_int_equal(ig_yaml_map(ig_yaml_root(yaml), "train", &train, &err), IG_OK);
  assert_int_equal(ig_yaml_number(train, "eps", 0, &number, &err), IG_OK);
  assert_true(number == 1e-9);
  assert_int_equal(ig_yaml_number(train, "rate", 0, &number, &err), IG_OK);
  assert_true(number == 5e-4);
  assert_int_equal(ig_yaml_int(train, "updates", 0, &integer, &err), IG_OK);
  assert_int_equal(integer, 8000);
  assert_int_equal(ig_yaml_u64(train, "seed", 0, &big, &err), IG_OK);
  assert_true(big == UINT64_MAX);
  assert_int_equal(ig_yaml_bool(train, "on", false, &truth, &err), IG_OK);
  assert_true(truth);
  assert_int_equal(ig_yaml_bool(train, "off", true, &truth, &err), IG_OK);
  assert_false(truth);
  assert_int_equal(ig_yaml_bool(train, "text", true, &truth, &err),
                   IG_ERROR_FORMAT);  // quoted: a string
  assert_int_equal(ig_yaml_string(train, "text", NULL, &text, &err), IG_OK);
  assert_string_equal(text, "true");
  assert_int_equal(ig_yaml_int(train, "none", 3, &integer, &err), IG_OK);
  assert_int_equal(integer, 3);
  assert_int_equal(ig_yaml_numbers(train, "betas", 2, betas, &err), IG_OK);
  assert_true(betas[1] == 0.98);
  assert_int_equal(ig_yaml_numbers(train, "betas", 3, betas, &err), IG_ERROR_FORMAT);
  assert_int_equal(ig_yaml_strings(train, "files", &list, &count, &err), IG_OK);
  assert_int_equal(count, 2);
  assert_string_equal(list[1], "b");
  free(list);
  assert_string_equal(ig_yaml_find(ig_yaml_root(yaml), "train.copy.k")->scalar, "1");
  json_t *json = ig_yaml_to_json(ig_yaml_root(yaml));
  const json_t *inner = json_object_get(json, "train");
  assert_true(json_is_real(json_object_get(inner, "eps")));
  assert_int_equal(json_integer_value(json_object_get(inner, "updates")), 8000);
  assert_true(json_is_string(json_object_get(inner, "text")));
  assert_true(json_is_null(json_object_get(inner, "none")));
  json_decref(json);
  ig_yaml_free(yaml);
}

static void byte_order_mark(void **state) {
  (void)state;
  static const char text[] =
      "\xEF\xBB\xBF"
      "a:\n  b: 1\nc: {d: 2}\n";
  ig_error err = {0};
  ig_yaml *yaml;
  if (ig_yaml_parse(text, strlen(text), "config.yml", &yaml, &err) != IG_OK)
    fail_msg("%s", err.message);
  assert_string_equal(ig_yaml_find(ig_yaml_root(yaml), "a.b")->scalar, "1");
  assert_string_equal(ig_yaml_find(ig_yaml_root(yaml), "c.d")->scalar, "2");
  ig_yaml_free(yaml);
}

static void places(void **state) {
  (void)state;
  ig_yaml *yaml = parse(
      "data: 1\ntrain:\n  learning_rate: abc\n  updates: 1.5\n  warmpu: 3\n  batch: 99999999999\n  "
      "list:\n    - 1\n    - x\n");
  const ig_yaml_node *train = ig_yaml_get(ig_yaml_root(yaml), "train");
  const char *const known[] = {"learning_rate", "updates", "warmup", "batch", "list"};
  ig_error err = {0};
  double number, two[2];
  int integer;
  assert_int_equal(ig_yaml_number(train, "learning_rate", 0, &number, &err), IG_ERROR_FORMAT);
  assert_string_equal(err.message,
                      "config.yml:3: train.learning_rate: expected a number, found 'abc'");
  assert_int_equal(ig_yaml_int(train, "updates", 0, &integer, &err), IG_ERROR_FORMAT);
  assert_string_equal(err.message, "config.yml:4: train.updates: expected an integer, found '1.5'");
  assert_int_equal(ig_yaml_int(train, "batch", 0, &integer, &err), IG_ERROR_FORMAT);
  says(&err, "config.yml:6: train.batch: 99999999999 is out of range");
  assert_int_equal(ig_yaml_numbers(train, "list", 2, two, &err), IG_ERROR_FORMAT);
  assert_string_equal(err.message, "config.yml:9: train.list[1]: expected a number, found 'x'");
  assert_int_equal(ig_yaml_check_keys(train, known, 5, &err), IG_ERROR_FORMAT);
  assert_string_equal(err.message,
                      "config.yml:5: train.warmpu: unknown key; did you mean 'warmup'?");
  assert_int_equal(ig_yaml_check_keys(train, known, 1, &err), IG_ERROR_FORMAT);
  assert_string_equal(err.message, "config.yml:4: train.updates: unknown key");
  ig_yaml_free(yaml);
}

static void overrides(void **state) {
  (void)state;
  ig_yaml *yaml = parse("train:\n  updates: 1\n");
  ig_error err = {0};
  int integer;
  double betas[2];
  assert_int_equal(ig_yaml_set(yaml, "train.updates=20", &err), IG_OK);
  assert_int_equal(ig_yaml_set(yaml, "train.adam_betas=[0.8, 0.9]", &err), IG_OK);
  assert_int_equal(ig_yaml_set(yaml, "model.deep.d_model=abc", &err), IG_OK);
  const ig_yaml_node *train = ig_yaml_get(ig_yaml_root(yaml), "train");
  assert_int_equal(ig_yaml_int(train, "updates", 0, &integer, &err), IG_OK);
  assert_int_equal(integer, 20);
  assert_int_equal(ig_yaml_numbers(train, "adam_betas", 2, betas, &err), IG_OK);
  assert_true(betas[0] == 0.8);
  assert_int_equal(
      ig_yaml_int(ig_yaml_find(ig_yaml_root(yaml), "model.deep"), "d_model", 0, &integer, &err),
      IG_ERROR_FORMAT);
  assert_string_equal(err.message,
                      "config.yml, --set: model.deep.d_model: expected an integer, found 'abc'");
  assert_int_equal(ig_yaml_set(yaml, "train.updates.x=1", &err), IG_ERROR_ARGUMENT);
  assert_int_equal(ig_yaml_set(yaml, "no equals", &err), IG_ERROR_ARGUMENT);
  assert_int_equal(ig_yaml_set(yaml, "a..b=1", &err), IG_ERROR_ARGUMENT);
  assert_int_equal(ig_yaml_set(yaml, "a=[1", &err), IG_ERROR_FORMAT);
  assert_int_equal(ig_yaml_set(yaml, "train.updates=", &err), IG_OK);
  assert_null(ig_yaml_find(ig_yaml_root(yaml), "train.updates"));
  ig_yaml_free(yaml);
}

static void refused(const char *text, size_t size, const char *part) {
  ig_yaml *yaml;
  ig_error err = {0};
  assert_int_equal(ig_yaml_parse(text, size, "config.yml", &yaml, &err), IG_ERROR_FORMAT);
  assert_null(yaml);
  says(&err, "config.yml");
  says(&err, part);
}

static void damaged(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } cases[] = {{"a: 1\nb: 2\na: 3\n", "config.yml:3: key 'a' stands twice"},
               {"a: [1, 2\nb: 3\n", "not valid YAML"},
               {"a: 1\n---\nb: 2\n", "second YAML document"},
               {"a: *nowhere\n", "not valid YAML"},
               {"? [1]\n: 2\n", "a key must be a plain word"},
               {"a: &x [*x]\n", "nested too deep"},
               {"a: \xff\n", "not valid YAML"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i)
    refused(cases[i].text, strlen(cases[i].text), cases[i].message);
  char laughs[2048] = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 20; ++i) {
    char line[64];
    snprintf(line, sizeof line, "a%d: &a%d [*a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1);
    strcat(laughs, line);
  }
  refused(laughs, strlen(laughs), "too large");
  char *deep = malloc(100000);
  memset(deep, '[', 100000);
  refused(deep, 100000, "nested too deep");
  for (size_t i = 0; i < 100000; i += 2) memcpy(deep + i, "- ", 2);
  refused(deep, 100000, "");
  free(deep);
  ig_yaml *yaml = parse("# nothing\n");
  assert_int_equal(ig_yaml_root(yaml)->kind, IG_YAML_MAP);
  ig_yaml_free(yaml);
}

// count times `part`, after `begin` and before `end`.
static char *repeated(const char *begin, const char *part, size_t count, const char *end) {
  const size_t length = strlen(part), before = strlen(begin);
  char *text = malloc(before + count * length + strlen(end) + 1);
  assert_non_null(text);
  strcpy(text, begin);
  for (size_t i = 0; i < count; i++) memcpy(text + before + i * length, part, length);
  strcpy(text + before + count * length, end);
  return text;
}

// Small texts that would take minutes, or gigabytes.
static void bounds(void **state) {
  (void)state;
  static const struct {
    const char *begin, *part, *end, *message;
    size_t count;
  } cases[] = {
      {"a: ", "[\"]\",", "\n", "nested too deep", 100000},
      {"a: ", "['}',", "\n", "nested too deep", 100000},
      {"", "- ", "x\n", "nested too deep", 400},
      {"", "? ", "x\n", "nested too deep", 400},
      {"[", "&x x,", "]\n", "too many anchors", 100000},
      {"a: ", "{", "\n", "nested too deep", 100000},
      {"", "--- a\n", "", "a second YAML document", 900},
      {"", "--- a\n", "", "too many documents", 100000},
      {"", "%TAG !a! tag:x,2000:\n", "--- a\n", "too many directives", 40000},
      {"[", "x,", "]\n", "too large", 100000},
      {"[", "x,", "]\n", "too large", 30000},
      {"{", "? [] : x,", "}\n", "", 20000},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *text = repeated(cases[i].begin, cases[i].part, cases[i].count, cases[i].end);
    refused(text, strlen(text), cases[i].message);
    free(text);
  }
  // Aliases of a long text are copies of it.
  char *text = repeated("- &x ", "y", 500000, ""), *end = repeated("", "\n- *x", 10000, "\n");
  char *both = malloc(strlen(text) + strlen(end) + 1);
  assert_non_null(both);
  strcat(strcpy(both, text), end);
  refused(both, strlen(both), "too much memory");
  free(both);
  free(text);
  free(end);
}

static void json(void **state) {
  (void)state;
  json_t *root;
  ig_error err = {0};
  int integer;
  bool truth;
  double number;
  const char *text;
  assert_int_equal(ig_json_parse("{\n \"a\": ,\n}", 11, "config.json", &root, &err),
                   IG_ERROR_FORMAT);
  says(&err, "config.json:2:");
  assert_int_equal(ig_json_parse("{\"a\":1,\"a\":2}", 13, "config.json", &root, &err),
                   IG_ERROR_FORMAT);
  const char *good =
      "{\"i\": 3, \"x\": 0.5, \"b\": true, \"s\": \"t\", \"n\": null, \"big\": 3000000000}";
  assert_int_equal(ig_json_parse(good, strlen(good), "config.json", &root, &err), IG_OK);
  ig_json_object from = {root, "config.json"};
  assert_int_equal(ig_json_int(from, "i", 0, &integer, &err), IG_OK);
  assert_int_equal(integer, 3);
  assert_int_equal(ig_json_int(from, "n", 9, &integer, &err), IG_OK);
  assert_int_equal(integer, 9);
  assert_int_equal(ig_json_number(from, "i", 0, &number, &err), IG_OK);
  assert_int_equal(ig_json_bool(from, "b", false, &truth, &err), IG_OK);
  assert_true(truth);
  assert_int_equal(ig_json_string(from, "s", NULL, &text, &err), IG_OK);
  assert_string_equal(text, "t");
  assert_int_equal(ig_json_int(from, "x", 0, &integer, &err), IG_ERROR_FORMAT);
  assert_string_equal(err.message, "config.json: x: expected an integer, found a real number");
  assert_int_equal(ig_json_int(from, "big", 0, &integer, &err), IG_ERROR_FORMAT);
  assert_int_equal(ig_json_bool(from, "i", false, &truth, &err), IG_ERROR_FORMAT);
  assert_int_equal(ig_json_string(from, "i", NULL, &text, &err), IG_ERROR_FORMAT);
  assert_int_equal(ig_json_require(from, "n", &err), IG_ERROR_FORMAT);
  assert_int_equal(ig_json_require(from, "i", &err), IG_OK);
  json_decref(root);
}

static void expect_json(const char *text, const char *expected) {
  ig_yaml *yaml = parse(text);
  json_t *json = ig_yaml_to_json(ig_yaml_root(yaml));
  char *found = json_dumps(json, JSON_COMPACT);
  assert_string_equal(found, expected);
  free(found);
  json_decref(json);
  ig_yaml_free(yaml);
}

// As PyYAML: a map's own keys count, then those of the first merged map that has them.
static void merge_keys(void **state) {
  (void)state;
  expect_json("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3, z: 4}\n",
              "{\"a\":{\"x\":1,\"y\":2},\"b\":{\"y\":3,\"z\":4,\"x\":1}}");
  expect_json("a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: [{y: 5, w: 6}, *b]}\n",
              "{\"a\":{\"x\":1},\"b\":{\"y\":2,\"x\":1},\"c\":{\"y\":5,\"w\":6,\"x\":1}}");
  expect_json("a: {'<<': {x: 1}}\n", "{\"a\":{\"<<\":{\"x\":1}}}");
  ig_yaml *yaml;
  ig_error err = {0};
  assert_int_equal(ig_yaml_parse("a:\n  <<: 3\n", 11, "config.yml", &yaml, &err), IG_ERROR_FORMAT);
  says(&err, "the merge key '<<' takes a map, or a list of maps");
  // Merges multiply as aliases do, and end in themselves.
  char text[4096] = "x0: &x0 {a: 1}\n";
  for (int i = 1; i < 30; i++)
    snprintf(text + strlen(text), sizeof text - strlen(text),
             "x%d: &x%d {<<: [*x%d, *x%d, *x%d, *x%d]}\n", i, i, i - 1, i - 1, i - 1, i - 1);
  assert_int_equal(ig_yaml_parse(text, strlen(text), "config.yml", &yaml, &err), IG_ERROR_FORMAT);
  says(&err, "aliases count as copies");
  const char circle[] = "a: &a\n  <<: *a\n";
  assert_int_equal(ig_yaml_parse(circle, strlen(circle), "config.yml", &yaml, &err),
                   IG_ERROR_FORMAT);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(merge_keys),      cmocka_unit_test(values),
                                     cmocka_unit_test(byte_order_mark), cmocka_unit_test(places),
                                     cmocka_unit_test(overrides),       cmocka_unit_test(damaged),
                                     cmocka_unit_test(bounds),          cmocka_unit_test(json)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
