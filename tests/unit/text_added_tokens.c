// Tokens that were added to a tokenizer after training: they are cut out of texts and printed as
// transformers does (tests/golden/added_tokens), and are written again.
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "io/json.h"
#include "text/added_tokens.h"
#include "text/tokenizer.h"

#define GOLDEN "added_tokens"
#define WRITTEN_FILES                                                                     \
  "source.spm", "target.spm", "vocab.json", "tokenizer_config.json", "added_tokens.json", \
      "special_tokens_map.json"
#include "tokenizer_directory.h"
#include "tokenizer_fixture.h"

static void copy(const char *from, const char *name) {
  char *text;
  size_t size;
  ig_error err = {0};
  check(ig_file_load(from, &text, &size, &err), &err);
  check(ig_file_write(in_directory(name), text, size, &err), &err);
  free(text);
}

// The directory with the files of a case of the golden; NULL: those of the tiny tokenizer alone.
static void fill_directory(const char *name) {
  static const char *const tiny[] = {"source.spm", "target.spm", "vocab.json"},
                           *const its[] = {"tokenizer_config.json", "added_tokens.json",
                                           "special_tokens_map.json"};
  char path[200];
  for (size_t i = 0; i < sizeof tiny / sizeof *tiny; i++) {
    snprintf(path, sizeof path, "../marian_tokenizer/%s", tiny[i]);
    copy(golden(path), tiny[i]);
  }
  for (size_t i = 0; i < sizeof its / sizeof *its; i++) {
    unlink(in_directory(its[i]));
    snprintf(path, sizeof path, "%s/%s", name ? name : "none", its[i]);
    if (ig_file_exists(golden(path))) copy(golden(path), its[i]);
  }
}

static ig_tokenizer *load(void) {
  ig_tokenizer *t;
  ig_error err = {0};
  check(ig_tokenizer_load(directory, pieces_or_words, &t, &err), &err);
  return t;
}

static bool same_ids(const json_t *expected, const ig_ids *ids) {
  bool same = json_array_size(expected) == ids->count;
  for (size_t i = 0; same && i < ids->count; i++)
    same = json_integer_value(json_array_get(expected, i)) == ids->ids[i];
  return same;
}

static void check_golden(const char *name, const ig_tokenizer *t) {
  char path[200];
  json_t *cases;
  ig_error err = {0};
  ig_ids ids = {0};
  snprintf(path, sizeof path, "%s/expected.json", name);
  check(ig_json_load(golden(path), &cases, &err), &err);
  assert_int_equal(json_array_size(cases), 22);
  for (size_t i = 0; i < json_array_size(cases); i++) {
    const json_t *c = json_array_get(cases, i);
    const char *text = json_string_value(json_object_get(c, "text")),
               *decoded = json_string_value(json_object_get(c, "decoded"));
    char *found;
    ids.count = 0;
    check(ig_tokenizer_encode_source(t, text, strlen(text), &ids, &err), &err);
    if (!same_ids(json_object_get(c, "ids"), &ids)) fail_msg("%s: ids of '%s'", name, text);
    check(ig_tokenizer_decode(t, ids.ids, ids.count, &found, &err), &err);
    if (strcmp(found, decoded) != 0)
      fail_msg("%s: '%s' comes back as '%s' instead of '%s'", name, text, found, decoded);
    free(found);
  }
  ig_ids_free(&ids);
  json_decref(cases);
}

static const char *const cases[] = {"decoder", "file", "known", "map"};

static void as_transformers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fill_directory(cases[i]);
    ig_tokenizer *t = load();
    check_golden(cases[i], t);
    ig_tokenizer_free(t);
  }
}

// What is saved holds the tokens in tokenizer_config.json alone, and is read alike.
static void saved_and_read_again(void **state) {
  (void)state;
  ig_error err = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fill_directory(cases[i]);
    ig_tokenizer *t = load();
    fill_directory(NULL);
    check(ig_tokenizer_save(t, directory, &err), &err);
    ig_tokenizer_free(t);
    t = load();
    check_golden(cases[i], t);
    ig_tokenizer_free(t);
  }
}

// Tokens for which a model has no rows are text again, and are named.
static void beyond_the_model(void **state) {
  (void)state;
  fill_directory("file");
  ig_tokenizer *t = load();
  ig_error err = {0};
  ig_ids ids = {0};
  char names[64];
  assert_int_equal(ig_tokenizer_source_size(t), 121);
  assert_string_equal(ig_tokenizer_piece(t, IG_SIDE_TARGET, 119), "{0}");
  assert_int_equal(ig_tokenizer_limit(t, 121, names, sizeof names), 0);
  assert_string_equal(names, "");
  assert_int_equal(ig_tokenizer_limit(t, 119, names, sizeof names), 2);
  assert_string_equal(names, "{0}, <sp1>");
  assert_int_equal(ig_tokenizer_source_size(t), 119);
  static const char text[] = "<tag1>{0}";
  static const int expected[] = {118, 76, 1, 0};
  check(ig_tokenizer_encode_source(t, text, strlen(text), &ids, &err), &err);
  assert_int_equal(ids.count, 4);
  assert_memory_equal(ids.ids, expected, sizeof expected);
  assert_int_equal(ig_tokenizer_limit(t, 118, names, 16), 3);
  assert_string_equal(names, "<tag1>, ...");
  ig_ids_free(&ids);
  ig_tokenizer_free(t);
}

static void what_is_wrong_is_named(void **state) {
  (void)state;
  static const struct {
    const char *file, *text, *named;
  } wrong[] = {
      {"added_tokens.json", "{\"a\": -1}", "added_tokens.json: token 'a': expected an id"},
      {"added_tokens.json", "{\"a\": \"b\"}", "added_tokens.json: token 'a': expected an id"},
      {"added_tokens.json", "{\"\": 3}", "expected an id"},
      {"added_tokens.json", "{\"a\": 118, \"b\": 118}", "id 118: both 'a' and 'b'"},
      {"added_tokens.json", "[]", "added_tokens.json: expected a JSON object"},
      {"tokenizer_config.json", "{\"added_tokens_decoder\": {\"x\": {\"content\": \"a\"}}}",
       "expected ids as keys, found \"x\""},
      {"tokenizer_config.json", "{\"added_tokens_decoder\": {\"118\": {\"content\": \"\"}}}",
       "an added token: expected a text"},
      {"tokenizer_config.json",
       "{\"added_tokens_decoder\": {\"118\": {\"content\": \"a\", \"lstrip\": 3}}}", "lstrip"},
      {"tokenizer_config.json", "{\"additional_special_tokens\": [3]}", "an added token"},
      {"tokenizer_config.json", "{\"added_tokens_decoder\": {\"99999999999\": \"a\"}}",
       "expected ids as keys"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    fill_directory(NULL);
    ig_tokenizer *t;
    ig_error err = {0};
    check(ig_file_write(in_directory(wrong[i].file), wrong[i].text, strlen(wrong[i].text), &err),
          &err);
    assert_int_equal(ig_tokenizer_load(directory, pieces_or_words, &t, &err), IG_ERROR_FORMAT);
    if (!strstr(err.message, wrong[i].named)) fail_msg("%s: %s", wrong[i].text, err.message);
  }
}

static void an_empty_token_is_refused(void **state) {
  (void)state;
  ig_added_tokens tokens = {.limit = INT_MAX};
  ig_error err = {0};
  assert_int_equal(ig_added_tokens_add(&tokens, &(ig_added_token){.text = "", .id = 3}, &err),
                   IG_ERROR_FORMAT);
  ig_added_tokens_free(&tokens);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(as_transformers),           cmocka_unit_test(saved_and_read_again),
      cmocka_unit_test(beyond_the_model),          cmocka_unit_test(what_is_wrong_is_named),
      cmocka_unit_test(an_empty_token_is_refused),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
