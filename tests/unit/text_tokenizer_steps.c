// Tokenizers that do as their tokenizer.json says: ids, places and texts of transformers, what is
// written again, and what is refused by its name.
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
#include "text/tokenizer.h"
#include "tokenizer_fixture.h"

#define GOLDEN "tokenizer_steps"
#define WRITTEN_FILES "tokenizer.json", "tokenizer_config.json"
#include "golden_pair.h"
#include "golden_tokenizer.h"
#include "tokenizer_directory.h"

static ig_tokenizer *load_from(const char *path) {
  ig_tokenizer *t;
  ig_error err = {0};
  check(ig_tokenizer_load(path, pieces_or_words, &t, &err), &err);
  assert_int_equal(ig_tokenizer_kind_of(t), IG_TOKENIZER_STEPS);
  return t;
}

static const char *const folders[] = {"albert", "spelling", "words", "roberta",
                                      "digits", "fallback", "apart", "word_pieces"};
enum { FOLDERS = sizeof folders / sizeof *folders };

static void has_the_ids_of_transformers(void **state) {
  (void)state;
  ig_error err = {0};
  for (size_t i = 0; i < FOLDERS; i++) {
    char name[100];
    snprintf(name, sizeof name, "%s/expected.json", folders[i]);
    ig_tokenizer *t = load_from(golden(folders[i]));
    expect_golden_cases(t, golden(name), 35);
    check(ig_tokenizer_save(t, directory, &err), &err);
    ig_tokenizer_free(t);
    t = load_from(directory);
    expect_golden_cases(t, golden(name), 35);
    ig_tokenizer_free(t);
  }
}

static void has_the_pairs_of_transformers(void **state) {
  (void)state;
  for (size_t i = 0; i < FOLDERS; i++) {
    char name[100];
    snprintf(name, sizeof name, "%s/pair.json", folders[i]);
    ig_tokenizer *t = load_from(golden(folders[i]));
    expect_golden_pair(t, golden(name));
    expect_single_frame(t, "The cat reads.");
    ig_tokenizer_free(t);
  }
}

static void write_file(const char *name, const char *text) {
  ig_error err = {0};
  check(ig_file_write(in_directory(name), text, strlen(text), &err), &err);
}

static void write_config(const char *more) {
  char config[200];
  snprintf(config, sizeof config, "{\"tokenizer_class\": \"TokenizersBackend\"%s}", more);
  write_file("tokenizer_config.json", config);
}

#define UNIGRAM \
  "\"model\": {\"unk_id\": 0, \"vocab\": [[\"<unk>\", 0], [\"</s>\", 0], [\"a\", -1]]}"

// part: some more keys of the file.
static void expect_refused(const char *part, const char *message) {
  char text[1000];
  ig_tokenizer *t;
  ig_error err = {0};
  const char *model = strstr(part, "\"model\"") ? "\"x\": 0" : UNIGRAM;
  snprintf(text, sizeof text, "{\"version\": \"1.0\", %s, %s}", part, model);
  write_file("tokenizer.json", text);
  assert_int_not_equal(ig_tokenizer_load(directory, pieces_or_words, &t, &err), IG_OK);
  if (!strstr(err.message, message)) fail_msg("expected '%s' in '%s'", message, err.message);
}

static void refuses_by_name(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"\"normalizer\": {\"type\": \"ByteLevel\"}", "normalizer: 'ByteLevel' is not built"},
      {"\"normalizer\": {\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"Foo\"}]}",
       "normalizer: 'Foo' is not built"},
      {"\"normalizer\": {\"type\": \"Sequence\"}",
       "normalizers of a Sequence: expected a list, found nothing"},
      {"\"pre_tokenizer\": {\"type\": \"Sequence\", \"pretokenizers\": 5}",
       "pretokenizers of a Sequence: expected a list, found an integer"},
      {"\"normalizer\": {\"type\": \"Replace\", \"pattern\": {\"Regex\": \"[ab]\"}, \"content\": "
       "\"\"}",
       "normalizer: the regular expression '[ab]' is not built"},
      {"\"normalizer\": {\"type\": \"Replace\", \"pattern\": {}, \"content\": \"\"}",
       "normalizer: pattern: expected a String or a Regex"},
      {"\"normalizer\": {\"type\": \"Precompiled\", \"precompiled_charsmap\": \"\"}",
       "an empty table"},
      {"\"pre_tokenizer\": {\"type\": \"UnicodeScripts\"}", "pre_tokenizer: 'UnicodeScripts'"},
      {"\"pre_tokenizer\": {\"type\": \"Punctuation\", \"behavior\": \"Foo\"}", "behavior: 'Foo'"},
      {"\"pre_tokenizer\": {\"type\": \"Metaspace\", \"replacement\": \"ab\"}",
       "replacement: 'ab'"},
      {"\"pre_tokenizer\": {\"type\": \"Metaspace\", \"prepend_scheme\": \"foo\"}",
       "prepend_scheme: 'foo'"},
      {"\"pre_tokenizer\": {\"type\": \"Metaspace\", \"add_prefix_space\": false}",
       "add_prefix_space: false contradicts"},
      {"\"decoder\": {\"type\": \"CTC\"}", "decoder: 'CTC' is not built"},
      {"\"post_processor\": {\"type\": \"Foo\"}", "post_processor: 'Foo' is not built"},
      {"\"post_processor\": {\"type\": \"TemplateProcessing\", \"single\": []}", "single"},
      {"\"post_processor\": {\"type\": \"TemplateProcessing\", \"single\": "
       "[{\"Sequence\": {\"id\": \"A\"}}, {\"SpecialToken\": {\"id\": \"x\"}}]}",
       "special_tokens"},
      {"\"post_processor\": {\"type\": \"BertProcessing\", \"sep\": [\"x\", 9], \"cls\": [\"y\", "
       "1]}",
       "no token has the id 9"},
      {"\"model\": {\"vocab\": [[\"</s>\", 0]]}", "unk_id"},
      {"\"model\": {\"unk_id\": 0, \"byte_fallback\": true, \"vocab\": [[\"</s>\", 0]]}",
       "byte_fallback: the vocabulary has no '<0x00>'"},
      {"\"model\": {\"vocab\": {\"</s>\": 0}, \"merges\": [], \"unk_token\": \"<u>\"}",
       "unk_token: the vocabulary has no '<u>'"},
  };
  write_config("");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    expect_refused(cases[i][0], cases[i][1]);
  write_config(", \"add_eos_token\": true");
  expect_refused("\"normalizer\": null", "add_eos_token: not built");
}

// A file without steps and with a special token that only the configuration names.
static void does_without_steps(void **state) {
  (void)state;
  ig_ids ids = {0};
  ig_tokenizer *t;
  ig_error err = {0};
  char *text;
  write_config(", \"eos_token\": \"<end>\"");
  write_file("tokenizer.json", "{\"version\": \"1.0\", " UNIGRAM
                               ", \"added_tokens\": [{\"id\": 3, \"content\": \"<end>\"}]}");
  t = load_from(directory);
  assert_int_equal(ig_tokenizer_eos_id(t, IG_SIDE_SOURCE), 3);
  check(ig_tokenizer_encode_source(t, "ab<end>", 7, &ids, &err), &err);
  assert_int_equal(ids.count, 3);
  assert_int_equal(ids.ids[1], 0);
  assert_int_equal(ids.ids[2], 3);
  check(ig_tokenizer_decode(t, ids.ids, 2, &text, &err), &err);
  assert_string_equal(text, "a <unk>");
  free(text);
  ig_ids_free(&ids);
  ig_tokenizer_free(t);
}

// A text that is there twice, and two steps that add tokens.
static void refuses_other_pairs(void **state) {
  (void)state;
  static const char *const processors[] = {
      "{\"type\": \"TemplateProcessing\", \"single\": [{\"Sequence\": {\"id\": \"A\"}}], \"pair\": "
      "[{\"Sequence\": {\"id\": \"B\"}}, {\"Sequence\": {\"id\": \"A\"}}]}",
      "{\"type\": \"Sequence\", \"processors\": [{\"type\": \"BertProcessing\", \"sep\": [\"x\", "
      "1], "
      "\"cls\": [\"y\", 1]}, {\"type\": \"BertProcessing\", \"sep\": [\"x\", 1], \"cls\": "
      "[\"y\", 1]}]}"};
  write_config("");
  for (size_t i = 0; i < sizeof processors / sizeof *processors; i++) {
    char text[1000];
    ig_tokenizer_frame frame = {0};
    ig_error err = {0};
    snprintf(text, sizeof text, "{\"version\": \"1.0\", \"post_processor\": %s, %s}", processors[i],
             UNIGRAM);
    write_file("tokenizer.json", text);
    ig_tokenizer *t = load_from(directory);
    expect_single_frame(t, "a");
    assert_int_equal(ig_tokenizer_pairs_frame(t, &frame, &err), IG_ERROR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "post_processor: no pair"));
    ig_tokenizer_free(t);
  }
}

// Forty steps, each of which writes a letter twice: refused at the one that makes too much.
static void bounds_growth(void **state) {
  (void)state;
  static const char *const parts[] = {"normalizer", "decoder"};
  for (size_t p = 0; p < 2; p++) {
    char text[6000];
    size_t length = (size_t)snprintf(
        text, sizeof text, "{\"version\": \"1.0\", \"%s\": {\"type\": \"Sequence\", \"%ss\": [",
        parts[p], parts[p]);
    for (int i = 0; i < 40; i++)
      length += (size_t)snprintf(text + length, sizeof text - length,
                                 "%s{\"type\": \"Replace\", \"pattern\": {\"String\": \"a\"}, "
                                 "\"content\": \"aa\"}",
                                 i ? ", " : "");
    snprintf(text + length, sizeof text - length, "]}, %s}", UNIGRAM);
    write_config("");
    write_file("tokenizer.json", text);
    ig_tokenizer *t = load_from(directory);
    ig_error err = {0};
    ig_ids ids = {0};
    static const int a[] = {2};
    char *out = NULL;
    const ig_status status = p == 0 ? ig_tokenizer_encode_source(t, "aaaa", 4, &ids, &err)
                                    : ig_tokenizer_decode(t, a, 1, &out, &err);
    assert_int_equal(status, IG_ERROR_FORMAT);
    const char *step = p == 0 ? "normalizer: step 15 (Replace): it makes the text longer than 65792"
                              : "decoder: step 17: it makes the text longer than 65600";
    if (!strstr(err.message, step)) fail_msg("%s", err.message);
    ig_ids_free(&ids);
    ig_tokenizer_free(t);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(has_the_ids_of_transformers),
      cmocka_unit_test(has_the_pairs_of_transformers),
      cmocka_unit_test(refuses_other_pairs),
      cmocka_unit_test(refuses_by_name),
      cmocka_unit_test(does_without_steps),
      cmocka_unit_test(bounds_growth),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
