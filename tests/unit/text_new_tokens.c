// Tokens that are added to a loaded tokenizer: their ids, that they are cut out whole and printed,
// that they are saved, and what cannot be one.
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "io/json.h"
#include "text/tokenizer.h"

#define GOLDEN "united_tokenizers"
#define WRITTEN_FILES                                                                     \
  "source.spm", "target.spm", "vocab.json", "target_vocab.json", "tokenizer_config.json", \
      "tokenizer.json"
#include "tokenizer_directory.h"
#include "tokenizer_fixture.h"

static void copy(const char *from, const char *name) {
  char *text;
  size_t size;
  ig_error err = {0};
  check(ig_file_load(golden(from), &text, &size, &err), &err);
  check(ig_file_write(in_directory(name), text, size, &err), &err);
  free(text);
}

static const ig_tokenizer_description *const steps_or_words[] = {
    &ig_tokenizer_description_steps, &ig_tokenizer_description_words, NULL};

static ig_tokenizer *load(const ig_tokenizer_description *const *offered) {
  ig_tokenizer *t;
  ig_error err = {0};
  check(ig_tokenizer_load(directory, offered, &t, &err), &err);
  return t;
}

static ig_tokenizer *load_marian(void) {
  copy("../marian_tokenizer/source.spm", "source.spm");
  copy("../marian_tokenizer/target.spm", "target.spm");
  copy("../marian_tokenizer/vocab.json", "vocab.json");
  unlink(in_directory("tokenizer_config.json"));
  unlink(in_directory("tokenizer.json"));
  return load(pieces_or_words);
}

static ig_tokenizer *load_steps(const char *kind) {
  char name[100];
  const char *const files[] = {"tokenizer.json", "tokenizer_config.json"};
  for (size_t i = 0; i < 2; i++) {
    snprintf(name, sizeof name, "%s/a/%s", kind, files[i]);
    copy(name, files[i]);
  }
  return load(steps_or_words);
}

// How often the id is among those of the text.
static size_t occurrences(const ig_tokenizer *t, const char *text, int id) {
  ig_ids ids = {0};
  ig_error err = {0};
  size_t found = 0;
  check(ig_tokenizer_encode_source(t, text, strlen(text), &ids, &err), &err);
  for (size_t i = 0; i < ids.count; i++) found += ids.ids[i] == id;
  ig_ids_free(&ids);
  return found;
}

static void check_added(const ig_tokenizer *t, int first) {
  ig_error err = {0};
  char *text;
  assert_int_equal(ig_tokenizer_source_size(t), first + 2);
  assert_int_equal(occurrences(t, "a<en>b <en> New York<en>", first), 3);
  assert_int_equal(occurrences(t, "New York, New  York New Yorkers", first + 1), 2);
  assert_int_equal(occurrences(t, "<EN> <en", first), 0);
  const int ids[] = {first, first + 1};
  check(ig_tokenizer_decode(t, ids, 2, &text, &err), &err);
  assert_non_null(strstr(text, "<en>"));
  assert_non_null(strstr(text, "New York"));
  free(text);
}

static const char *const two[] = {"<en>", "New York", "<en>"};

static void add_save_and_load(ig_tokenizer *t, const ig_tokenizer_description *const *offered) {
  ig_error err = {0};
  bool known[3];
  const int first = ig_tokenizer_source_size(t);
  check(ig_tokenizer_add_tokens(t, &(ig_token_list){two, 3}, known, &err), &err);
  assert_false(known[0]);
  assert_false(known[1]);
  assert_true(known[2]);
  check_added(t, first);
  check(ig_tokenizer_save(t, directory, &err), &err);
  ig_tokenizer_free(t);
  t = load(offered);
  check_added(t, first);
  // All are there now.
  check(ig_tokenizer_add_tokens(t, &(ig_token_list){two, 3}, known, &err), &err);
  assert_true(known[0] && known[1] && known[2]);
  assert_int_equal(ig_tokenizer_source_size(t), first + 2);
  ig_tokenizer_free(t);
}

static void tokens_are_added(void **state) {
  (void)state;
  static const char *const kinds[] = {"bpe", "unigram", "word_piece"};
  add_save_and_load(load_marian(), pieces_or_words);
  for (size_t i = 0; i < 3; i++) add_save_and_load(load_steps(kinds[i]), steps_or_words);
}

static void words_are_words(void **state) {
  (void)state;
  ig_tokenizer *t;
  ig_error err = {0};
  bool known[2];
  const char *const words[] = {"a", "b"}, *const new[] = {"<en>", "b"}, *const bad[] = {"x y"};
  check(ig_tokenizer_from_tokens(&(ig_token_list){words, 2}, NULL, &t, &err), &err);
  const int first = ig_tokenizer_source_size(t);
  check(ig_tokenizer_add_tokens(t, &(ig_token_list){new, 2}, known, &err), &err);
  assert_true(known[1] && !known[0]);
  assert_int_equal(occurrences(t, "a <en> b", first), 1);
  assert_int_equal(ig_tokenizer_add_tokens(t, &(ig_token_list){bad, 1}, known, &err),
                   IG_ERROR_FORMAT);
  assert_string_equal(err.message,
                      "token 'x y': it holds white space, and the tokenizer's tokens are words");
  ig_tokenizer_free(t);
  check(ig_tokenizer_from_tokens(&(ig_token_list){words, 2}, &(ig_token_list){words, 2}, &t, &err),
        &err);
  assert_int_equal(ig_tokenizer_add_tokens(t, &(ig_token_list){new, 1}, known, &err),
                   IG_ERROR_UNSUPPORTED);
  ig_tokenizer_free(t);
}

static void what_is_no_token(void **state) {
  (void)state;
  static const char *const cases[][2] = {{"", "a token is empty"},
                                         {"\xff", "a token is no UTF-8"},
                                         {"a\nb", "it holds a control character"},
                                         {" a", "it begins or ends with white space"},
                                         {"a\xC2\xA0", "it begins or ends with white space"},
                                         {"\xE2\x96\x81"
                                          "a",
                                          "it holds U+2581"}};
  ig_tokenizer *t = load_marian();
  const int size = ig_tokenizer_source_size(t);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ig_error err = {0};
    bool known[2];
    const char *const list[] = {"fine", cases[i][0]};
    assert_int_equal(ig_tokenizer_add_tokens(t, &(ig_token_list){list, 2}, known, &err),
                     IG_ERROR_FORMAT);
    if (!strstr(err.message, cases[i][1])) fail_msg("found: %s", err.message);
    assert_int_equal(ig_tokenizer_source_size(t), size);  // nothing was added
  }
  ig_tokenizer_free(t);
}

// The library would number a new token by counting.
static void gaps_are_refused(void **state) {
  (void)state;
  ig_error err = {0};
  bool known[1];
  const char config[] =
      "{\"tokenizer_class\": \"PreTrainedTokenizerFast\", \"eos_token\": \"</s>\"}";
  const char json[] =
      "{\"version\": \"1.0\", \"added_tokens\": [], \"model\": {\"type\": \"BPE\", \"vocab\": "
      "{\"</s>\": 0, \"<unk>\": 1, \"a\": 3}, \"merges\": []}}";
  check(ig_file_write(in_directory("tokenizer.json"), json, strlen(json), &err), &err);
  check(ig_file_write(in_directory("tokenizer_config.json"), config, strlen(config), &err), &err);
  ig_tokenizer *t = load(steps_or_words);
  assert_int_equal(ig_tokenizer_add_tokens(t, &(ig_token_list){two, 1}, known, &err),
                   IG_ERROR_UNSUPPORTED);
  if (!strstr(err.message, "the next id is 4, but")) fail_msg("found: %s", err.message);
  ig_tokenizer_free(t);
}

// Of alike beginnings the longest counts, however many there are.
static void many_tokens(void **state) {
  (void)state;
  enum { MANY = 60000 };
  ig_error err = {0};
  ig_tokenizer *t = load_marian();
  const int first = ig_tokenizer_source_size(t);
  char(*texts)[16] = calloc(MANY, sizeof *texts);
  const char **list = calloc(MANY, sizeof *list);
  bool *known = calloc(MANY, sizeof *known);
  assert_true(texts && list && known);
  for (int i = 0; i < MANY; i++) {
    snprintf(texts[i], sizeof texts[i], "<t%d", i);
    list[i] = texts[i];
  }
  check(ig_tokenizer_add_tokens(t, &(ig_token_list){list, MANY}, known, &err), &err);
  assert_int_equal(ig_tokenizer_source_size(t), first + MANY);
  assert_int_equal(occurrences(t, "<t59999<t5999", first + 59999), 1);
  assert_int_equal(occurrences(t, "<t59999<t5999", first + 5999), 1);
  assert_string_equal(ig_tokenizer_piece(t, IG_SIDE_TARGET, first + 777), "<t777");
  check(ig_tokenizer_save(t, directory, &err), &err);
  ig_tokenizer_free(t);
  t = load(pieces_or_words);
  assert_int_equal(occurrences(t, "x<t12345 y", first + 12345), 1);
  ig_tokenizer_free(t);
  free(texts);
  free(list);
  free(known);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tokens_are_added), cmocka_unit_test(words_are_words),
      cmocka_unit_test(what_is_no_token), cmocka_unit_test(gaps_are_refused),
      cmocka_unit_test(many_tokens)};
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
