// Tokenizers of multilingual families: ids as transformers has them for each language, what is
// written, and codes that do not exist.
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
#include "io/json.h"
#include "model/arch/family.h"
#include "text/tokenizer.h"

#define GOLDEN "language_tokenizer"
#define WRITTEN_FILES "sentencepiece.bpe.model", "tokenizer_config.json", "vocab.json"
#include "tokenizer_directory.h"

// From a folder beside GOLDEN, ".": from GOLDEN itself.
static void copy_from(const char *folder, const char *name) {
  char *bytes, path[100];
  size_t size;
  ig_error err = {0};
  snprintf(path, sizeof path, "%s/%s", folder, name);
  check(ig_file_load(golden(path), &bytes, &size, &err), &err);
  check(ig_file_write(in_directory(name), bytes, size, &err), &err);
  free(bytes);
}

static void write_file(const char *name, const char *text) {
  ig_error err = {0};
  check(ig_file_write(in_directory(name), text, strlen(text), &err), &err);
}

static ig_tokenizer *load_class(const char *family, const char *class_name, const char *more) {
  char config[200];
  ig_tokenizer *t;
  ig_error err = {0};
  copy_from(".", "sentencepiece.bpe.model");
  copy_from(".", "vocab.json");
  snprintf(config, sizeof config, "{\"tokenizer_class\": \"%s\"%s}", class_name, more);
  write_file("tokenizer_config.json", config);
  check(ig_tokenizer_load(directory, ig_family_find(family)->tokenizers, &t, &err), &err);
  return t;
}

static bool has_ids(const ig_tokenizer *t, const json_t *c, int language) {
  const char *text = json_string_value(json_object_get(c, "text"));
  const json_t *expected = json_object_get(c, "ids");
  const ig_side_text side_text = {IG_SIDE_SOURCE, text, strlen(text), language};
  ig_ids ids = {0};
  ig_encode_notes notes;
  ig_error err = {0};
  check(ig_tokenizer_encode_noted(t, &side_text, &ids, &notes, &err), &err);
  bool same = json_array_size(expected) == ids.count;
  for (size_t i = 0; same && i < ids.count; i++)
    same = json_integer_value(json_array_get(expected, i)) == ids.ids[i];
  ig_ids_free(&ids);
  return same;
}

// With other languages than the cases', too: then the ids differ.
static void expect_cases_of(const ig_tokenizer *t, const char *file, const char *class_name) {
  json_t *root, *c;
  size_t i;
  int first = 0;
  ig_error err = {0};
  check(ig_json_load_object(golden(file), &root, &err), &err);
  const json_t *cases = json_object_get(root, class_name);
  assert_int_equal(json_array_size(cases), 20);
  json_array_foreach(cases, i, c) {
    const char *code = json_string_value(json_object_get(c, "language"));
    int id;
    check(ig_tokenizer_find_language(t, code, &id, &err), &err);
    if (i == 0) first = id;
    assert_true(has_ids(t, c, id));
    assert_true(id == first || !has_ids(t, c, first));
  }
  json_decref(root);
}

static void expect_cases(const ig_tokenizer *t, const char *class_name) {
  expect_cases_of(t, "expected.json", class_name);
}

static void has_the_ids_of_transformers(void **state) {
  (void)state;
  static const struct {
    const char *family, *class_name;
  } kinds[] = {
      {"mbart", "MBartTokenizer"}, {"mbart", "MBart50Tokenizer"}, {"m2m_100", "M2M100Tokenizer"}};
  ig_error err = {0};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    ig_tokenizer *t = load_class(kinds[i].family, kinds[i].class_name, "");
    expect_cases(t, kinds[i].class_name);
    check(ig_tokenizer_save(t, directory, &err), &err);
    ig_tokenizer_free(t);
    check(ig_tokenizer_load(directory, ig_family_find(kinds[i].family)->tokenizers, &t, &err),
          &err);
    expect_cases(t, kinds[i].class_name);
    ig_tokenizer_free(t);
  }
}

static void languages_of_the_files(void **state) {
  (void)state;
  ig_ids ids = {0};
  ig_error err = {0};
  int id;
  ig_tokenizer *t =
      load_class("mbart", "MBart50Tokenizer", ", \"src_lang\": \"sl_SI\", \"tgt_lang\": \"de_DE\"");
  check(ig_tokenizer_find_language(t, "sl_SI", &id, &err), &err);
  check(ig_tokenizer_encode_source(t, "a", 1, &ids, &err), &err);
  assert_int_equal(ids.ids[0], id);
  check(ig_tokenizer_find_language(t, "de_DE", &id, &err), &err);
  ids.count = 0;
  check(ig_tokenizer_encode_target(t, "a", 1, &ids, &err), &err);
  assert_int_equal(ids.ids[0], id);
  assert_string_equal(ig_tokenizer_piece(t, IG_SIDE_TARGET, id), "de_DE");
  ig_ids_free(&ids);
  assert_int_equal(ig_tokenizer_find_language(t, "de_XX", &id, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "no language 'de_XX'; did you mean '"));
  ig_tokenizer_free(t);
  t = load_class("m2m_100", "M2M100Tokenizer", "");
  assert_int_equal(ig_tokenizer_find_language(t, "__en__", &id, &err), IG_ERROR_ARGUMENT);
  check(ig_tokenizer_find_language(t, "en", &id, &err), &err);
  assert_string_equal(ig_tokenizer_piece(t, IG_SIDE_SOURCE, id), "__en__");
  ig_tokenizer_free(t);
}

static ig_tokenizer *load_again(const char *family) {
  ig_tokenizer *t;
  ig_error err = {0};
  check(ig_tokenizer_load(directory, ig_family_find(family)->tokenizers, &t, &err), &err);
  return t;
}

// The source's language comes first, or with legacy_behaviour last. The directory has no vocab.json
// and need not say the class, or its config.json does.
static void nllb_has_two_orders(void **state) {
  (void)state;
  static const char *const files[][2] = {{"{}", "{}"},
                                         {"{}", "{\"tokenizer_class\": \"NllbTokenizer\"}"},
                                         {"{\"tokenizer_class\": \"NllbTokenizerFast\"}", "{}"}};
  static const char expected[] = "../nllb_text/expected.json";
  ig_error err = {0};
  int id;
  unlink(in_directory("vocab.json"));
  copy_from("../nllb_text", "sentencepiece.bpe.model");
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    write_file("tokenizer_config.json", files[i][0]);
    write_file("config.json", files[i][1]);
    ig_tokenizer *t = load_again("m2m_100");
    expect_cases_of(t, expected, "new");
    ig_tokenizer_free(t);
  }
  write_file("tokenizer_config.json", "{\"legacy_behaviour\": true}");
  ig_tokenizer *t = load_again("m2m_100");
  expect_cases_of(t, expected, "legacy");
  check(ig_tokenizer_save(t, directory, &err), &err);
  ig_tokenizer_free(t);
  t = load_again("m2m_100");
  expect_cases_of(t, expected, "legacy");
  assert_int_equal(ig_tokenizer_find_language(t, "eng_Lat", &id, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "no language 'eng_Lat'; did you mean 'eng_Latn'?"));
  ig_tokenizer_free(t);
  unlink(in_directory("config.json"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(has_the_ids_of_transformers),
      cmocka_unit_test(languages_of_the_files),
      cmocka_unit_test(nllb_has_two_orders),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
