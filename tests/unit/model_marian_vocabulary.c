// Vocabularies of Marian: each token is text, however it is written.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "model/arch/marian_vocabulary.h"

static char directory[] = "/tmp/ingot-vocabulary-XXXXXX";
static char path[64];

static int make_directory(void **state) {
  (void)state;
  if (!mkdtemp(directory)) return -1;
  snprintf(path, sizeof path, "%s/vocab.yml", directory);
  return 0;
}

static int remove_directory(void **state) {
  (void)state;
  unlink(path);
  return rmdir(directory);
}

static void write_text(const char *text) {
  ig_error err;
  if (ig_file_write(path, text, strlen(text), &err) != IG_OK) fail_msg("%s", err.message);
}

static void tokens_are_text(void **state) {
  (void)state;
  write_text(
      "</s>: 0\n<unk>: 1\n1: 11\n1.5: 12\ntrue: 28\n\\back: 18\n:z: 13\n<<: 14\n\"a:\": 15\n"
      "\"\\\"quote\\\"\": 16\n\"null\": 17\n'it''s': 19\n\"\\x85\\u00e9\\U0001F642\\t\": 20\n"
      "a: b: 21\n? long\n: 22\n\"\": 23\r\n#: 24\n- x: 25");
  static const struct {
    const char *token;
    int id;
  } expected[] = {{"</s>", 0},
                  {"<unk>", 1},
                  {"1", 11},
                  {"1.5", 12},
                  {"true", 28},
                  {"\\back", 18},
                  {":z", 13},
                  {"<<", 14},
                  {"a:", 15},
                  {"\"quote\"", 16},
                  {"null", 17},
                  {"it's", 19},
                  {"\xc2\x85\u00e9\U0001F642\t", 20},
                  {"a: b", 21},
                  {"long", 22},
                  {"", 23},
                  {"#", 24},
                  {"- x", 25}};
  json_t *vocabulary;
  ig_error err;
  if (ig_marian_vocabulary_load(path, &vocabulary, &err) != IG_OK) fail_msg("%s", err.message);
  assert_int_equal(json_object_size(vocabulary), sizeof expected / sizeof *expected);
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
    if (json_integer_value(json_object_get(vocabulary, expected[i].token)) != expected[i].id)
      fail_msg("%s", expected[i].token);
  json_decref(vocabulary);
}

static void damage_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } cases[] = {{"a: 0\nb\n", "vocab.yml:2: expected 'token: id'"},
               {"a: x\n", "vocab.yml:1: expected 'token: id'"},
               {"a: -1\n", "expected 'token: id'"},
               {"a: 99999999999\n", "expected 'token: id'"},
               {"a: 1\na: 2\n", "vocab.yml:2: a token that is there already"},
               {"\"a: 1\n", "a quoted token that does not end"},
               {"\": 1\n", "a quoted token that does not end"},
               {"\"a\\q\": 1\n", "an unknown escape"},
               {"\"a\\\": 1\n", "an unknown escape"},
               {"\"\\u12\": 1\n", "an unknown escape"},
               {"\"\\ud800\": 1\n", "an unknown escape"},
               {"\xff: 1\n", "not UTF-8"},
               {"? a\n", "a token without an id"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    json_t *vocabulary;
    ig_error err;
    write_text(cases[i].text);
    assert_int_not_equal(ig_marian_vocabulary_load(path, &vocabulary, &err), IG_OK);
    if (!strstr(err.message, cases[i].message))
      fail_msg("expected: %s\nfound: %s", cases[i].message, err.message);
    json_decref(vocabulary);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tokens_are_text),
      cmocka_unit_test(damage_is_refused),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
