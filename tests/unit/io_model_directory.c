// The table of a model directory's files, and JSON files in a directory.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "io/json.h"
#include "io/model_directory.h"

static void expect_files(unsigned roles, const char *const *expected) {
  size_t at = 0;
  for (; *expected; expected++) assert_string_equal(ig_model_directory_next(roles, &at), *expected);
  assert_null(ig_model_directory_next(roles, &at));
  assert_null(ig_model_directory_next(roles, &at));
}

static void roles_choose_files(void **state) {
  (void)state;
  expect_files(IG_MODEL_DIRECTORY_ROLE_CONFIG, (const char *[]){"config.json", NULL});
  expect_files(
      IG_MODEL_DIRECTORY_ROLE_PIECES,
      (const char *[]){"tokenizer.json", "vocab.json", "target_vocab.json", "spiece.model", NULL});
  expect_files(IG_MODEL_DIRECTORY_ROLE_WRITTEN,
               (const char *[]){"config.json", "generation_config.json", "model.safetensors",
                                "tokenizer_config.json", "tokenizer.json", "vocab.json",
                                "target_vocab.json", "merges.txt", "vocab.txt", "source.spm",
                                "target.spm", "sentencepiece.bpe.model", "spiece.model", NULL});
  expect_files(IG_MODEL_DIRECTORY_ROLE_KIND | IG_MODEL_DIRECTORY_ROLE_GENERATION,
               (const char *[]){"generation_config.json", "tokenizer_config.json", NULL});
  expect_files(0, (const char *[]){NULL});
}

static void json_in_a_directory(void **state) {
  (void)state;
  char directory[] = "/tmp/ingot-io-directory-XXXXXX";
  assert_non_null(mkdtemp(directory));
  json_t *value = json_pack("{s:i}", "a", 1), *found;
  ig_error err = {0};
  assert_int_equal(ig_json_load_in(directory, "x.json", &found, &err), IG_ERROR_IO);
  assert_null(found);
  assert_non_null(strstr(err.message, "/x.json"));
  assert_int_equal(ig_json_load_in_if_exists(directory, "x.json", &found, &err), IG_OK);
  assert_null(found);
  assert_int_equal(ig_json_save_in(directory, "x.json", NULL, 9, &err), IG_ERROR_MEMORY);
  assert_non_null(strstr(err.message, "/x.json: out of memory"));
  assert_int_equal(ig_json_save_in(directory, "x.json", value, 9, &err), IG_OK);
  assert_int_equal(ig_json_load_in(directory, "x.json", &found, &err), IG_OK);
  assert_true(json_equal(found, value));
  json_decref(found);
  assert_int_equal(ig_json_load_in_if_exists(directory, "x.json", &found, &err), IG_OK);
  assert_true(json_equal(found, value));
  json_decref(found);
  json_decref(value);
  char path[64];
  snprintf(path, sizeof path, "%s/x.json", directory);
  FILE *file = fopen(path, "w");
  assert_true(file && fputs("[1]\n", file) >= 0 && fclose(file) == 0);
  assert_int_equal(ig_json_load_in_if_exists(directory, "x.json", &found, &err), IG_ERROR_FORMAT);
  assert_null(found);
  unlink(path);
  rmdir(directory);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(roles_choose_files),
      cmocka_unit_test(json_in_a_directory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
