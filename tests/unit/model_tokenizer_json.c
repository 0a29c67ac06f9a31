// Directories that hold a tokenizer.json in place of the tokenizer's own files, as transformers 5
// writes them: its ids and texts, what is written again, and what is refused.
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

#define GOLDEN "tokenizer_json"
#define WRITTEN_FILES \
  "tokenizer.json", "tokenizer_config.json", "spiece.model", "sentencepiece.bpe.model"
#include "golden_tokenizer.h"
#include "tokenizer_directory.h"

static const struct {
  const char *family, *folder;
} kinds[] = {{"t5", "t5"},          {"pegasus", "pegasus"}, {"mbart", "mbart"},
             {"mbart", "mbart50"},  {"m2m_100", "nllb"},    {"bart", "bart"},
             {"t5", "t5_flags"},    {"bart", "bart_flags"}, {"t5", "t5_clean"},
             {"bart", "bart_clean"}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static ig_tokenizer *load(const char *family, const char *from) {
  ig_tokenizer *t;
  ig_error err = {0};
  check(ig_tokenizer_load(from, ig_family_find(family)->tokenizers, &t, &err), &err);
  return t;
}

static void expect_cases(const ig_tokenizer *t, const char *folder) {
  char name[100];
  snprintf(name, sizeof name, "%s/expected.json", folder);
  expect_golden_cases(t, golden(name), 45);
}

static void write_file(const char *name, const char *text) {
  ig_error err = {0};
  check(ig_file_write(in_directory(name), text, strlen(text), &err), &err);
}

// The same tokenizers have the same ids and places from SentencePiece's model.
static void so_has_the_model_file(void **state) {
  (void)state;
  static const struct {
    const char *family, *folder, *class_name, *model;
  } models[] = {
      {"t5", "t5", "T5Tokenizer", "t5_tokenizer/spiece.model"},
      {"pegasus", "pegasus", "PegasusTokenizer", "pegasus_tokenizer/spiece.model"},
      {"mbart", "mbart", "MBartTokenizer", "language_tokenizer/sentencepiece.bpe.model"},
      {"mbart", "mbart50", "MBart50Tokenizer", "language_tokenizer/sentencepiece.bpe.model"},
      {"m2m_100", "nllb", "NllbTokenizer", "nllb_text/sentencepiece.bpe.model"},
  };
  ig_error err = {0};
  unlink(in_directory("tokenizer.json"));
  for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
    char path[200], config[100];
    snprintf(path, sizeof path, "../%s", models[i].model);
    snprintf(config, sizeof config, "{\"tokenizer_class\": \"%s\"}", models[i].class_name);
    write_file("tokenizer_config.json", config);
    check(ig_file_copy(golden(path), in_directory(strrchr(path, '/') + 1), &err), &err);
    ig_tokenizer *t = load(models[i].family, directory);
    expect_cases(t, models[i].folder);
    ig_tokenizer_free(t);
    unlink(in_directory(strrchr(path, '/') + 1));
  }
}

static void has_the_ids_of_transformers(void **state) {
  (void)state;
  ig_error err = {0};
  for (size_t i = 0; i < KINDS; i++) {
    ig_tokenizer *t = load(kinds[i].family, golden(kinds[i].folder));
    expect_cases(t, kinds[i].folder);
    check(ig_tokenizer_save(t, directory, &err), &err);
    ig_tokenizer_free(t);
    t = load(kinds[i].family, directory);
    expect_cases(t, kinds[i].folder);
    ig_tokenizer_free(t);
  }
}

static void expect_refused(const char *class_name, const char *json, const char *message) {
  char config[100];
  ig_tokenizer *t;
  ig_error err = {0};
  snprintf(config, sizeof config, "{\"tokenizer_class\": \"%s\"}", class_name);
  write_file("tokenizer_config.json", config);
  write_file("tokenizer.json", json);
  const char *family = strstr(class_name, "Bart") ? "bart" : "t5";
  assert_int_not_equal(ig_tokenizer_load(directory, ig_family_find(family)->tokenizers, &t, &err),
                       IG_OK);
  if (!strstr(err.message, message) || !strstr(err.message, "tokenizer.json"))
    fail_msg("expected '%s' in '%s'", message, err.message);
}

#define PIECES "[[\"<pad>\", 0], [\"</s>\", 0], [\"<unk>\", 0], [\"a\", -1]]"

static void refuses_what_is_not_built(void **state) {
  (void)state;
  static const struct {
    const char *class_name, *json, *message;
  } cases[] = {
      {"T5Tokenizer", "[]", "expected an object"},
      {"T5Tokenizer", "{}", "version: expected \"1.0\", found nothing"},
      {"T5Tokenizer", "{\"version\": \"1.0\"}", "model: expected an object, found nothing"},
      {"T5Tokenizer", "{\"version\": \"1.0\", \"model\": {\"type\": \"BPE\"}}",
       "vocab: expected tokens with ids, found nothing"},
      {"T5Tokenizer", "{\"version\": \"2.0\", \"model\": {}}", "expected \"1.0\", found 2.0"},
      {"T5Tokenizer", "{\"version\": \"1.0\", \"model\": []}", "model: expected an object"},
      {"T5Tokenizer", "{\"version\": \"1.0\", \"model\": {\"type\": \"WordPiece\"}}",
       "model: 'WordPiece' is not built"},
      {"T5Tokenizer", "{\"version\": \"1.0\", \"model\": {\"vocab\": {\"a\": 0}}}",
       "model: 'WordLevel' is not built"},
      {"T5Tokenizer", "{\"version\": \"1.0\", \"model\": {\"vocab\": [[\"a\"]]}}",
       "expected a piece and its score"},
      {"T5Tokenizer", "{\"version\": \"1.0\", \"model\": {\"unk_id\": 4, \"vocab\": " PIECES "}}",
       "unk_id: 4, expected less than 4"},
      {"T5Tokenizer",
       "{\"version\": \"1.0\", \"model\": {\"vocab\": " PIECES
       "}, \"added_tokens\": [{\"content\": \"<x>\", \"id\": 7}]}",
       "'<x>' has the id 7, but the library gives it 4"},
      {"T5Tokenizer",
       "{\"version\": \"1.0\", \"model\": {\"vocab\": " PIECES
       "}, \"normalizer\": {\"type\": \"Precompiled\", \"precompiled_charsmap\": \"ab*=\"}}",
       "letter 2 is none of the alphabet"},
      {"T5Tokenizer",
       "{\"version\": \"1.0\", \"model\": {\"vocab\": " PIECES
       "}, \"normalizer\": {\"type\": \"Precompiled\", \"precompiled_charsmap\": \"////\"}}",
       "tokenizer.json"},
      {"BartTokenizer",
       "{\"version\": \"1.0\", \"model\": {\"vocab\": {\"a\": 0}, \"merges\": [\"a  a\"]}}",
       "merges: 0: expected two tokens"},
      {"BartTokenizer",
       "{\"version\": \"1.0\", \"model\": {\"vocab\": {\"a\": 0}, \"merges\": [[\"a\", \"a\"]]}}",
       "merges: 0: the vocabulary has no token 'aa'"},
      {"BartTokenizer",
       "{\"version\": \"1.0\", \"model\": {\"vocab\": {\"a\": -1}, \"merges\": []}}",
       "token 'a': expected an id from 0 to 65552"},
      {"BartTokenizer",
       "{\"version\": \"1.0\", \"model\": {\"vocab\": {\"a\": 65553}, \"merges\": []}}",
       "token 'a': expected an id from 0 to 65552"},
      {"BartTokenizer",
       "{\"version\": \"1.0\", \"model\": {\"vocab\": {\"a\": 0}, \"merges\": [], \"dropout\": "
       "0.1}}",
       "dropout: expected none"},
      {"BartTokenizer",
       "{\"version\": \"1.0\", \"model\": {\"vocab\": {\"a\": 0}, \"merges\": [], "
       "\"end_of_word_suffix\": \"</w>\"}}",
       "end_of_word_suffix: expected none, found '</w>'"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    expect_refused(cases[i].class_name, cases[i].json, cases[i].message);
}

// The end is one of the added tokens, and none of the vocabulary.
static void the_end_may_be_added(void **state) {
  (void)state;
  ig_tokenizer *t;
  ig_ids ids = {0};
  ig_error err = {0};
  write_file("tokenizer_config.json", "{\"tokenizer_class\": \"T5Tokenizer\", \"extra_ids\": 0}");
  write_file(
      "tokenizer.json",
      "{\"version\": \"1.0\", \"added_tokens\": [{\"id\": 3, \"content\": \"</s>\"}], \"model\": "
      "{\"vocab\": [[\"<pad>\", 0], [\"<unk>\", 0], [\"\u2581a\", -1]]}}");
  t = load("t5", directory);
  check(ig_tokenizer_encode_source(t, "a b", 3, &ids, &err), &err);
  assert_int_equal(ids.count, 3);
  assert_int_equal(ids.ids[0], 2);
  assert_int_equal(ids.ids[1], 1);
  assert_int_equal(ids.ids[2], 3);
  ig_ids_free(&ids);
  ig_tokenizer_free(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(has_the_ids_of_transformers),
      cmocka_unit_test(so_has_the_model_file),
      cmocka_unit_test(refuses_what_is_not_built),
      cmocka_unit_test(the_end_may_be_added),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
