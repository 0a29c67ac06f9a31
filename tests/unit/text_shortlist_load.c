// Shortlists as text and in a directory: what is read, told and refused.
#define GOLDEN "shortlist"
#define WRITTEN_FILES "lex.s2t", "lex.s2t.bin", "lex.s2t.json"
#include "../tokenizer_directory.h"

#include <string.h>

#include "base/file.h"
#include "io/json.h"
#include "text/shortlist_load.h"
#include "text/shortlist_record.h"

static char told[1000];
static void keep_message(void *context, ig_level level, const char *message) {
  (void)context, (void)level;
  snprintf(told, sizeof told, "%s", message);
}
static const ig_reporter reporter = {.message = keep_message};

// Ids: </s> 0, <unk> 1, ab 2, cab 3, dab 4 of the source; ba 2, bac 3, bad 4, fade 5 of the target.
static ig_tokenizer *make_tokenizer(void) {
  static const char *const source[] = {"</s>", "<unk>", "ab", "cab", "dab"}, *const target[] = {
                                                                                 "</s>", "<unk>",
                                                                                 "ba",   "bac",
                                                                                 "bad",  "fade"};
  ig_tokenizer *tokenizer;
  ig_error err = {0};
  check(ig_tokenizer_from_tokens(&(ig_token_list){source, 5}, &(ig_token_list){target, 6},
                                 &tokenizer, &err),
        &err);
  return tokenizer;
}

static ig_status load_text(const char *text, const ig_tokenizer *tokenizer, ig_shortlist **out,
                           ig_error *err) {
  const ig_shortlist_loading how = {.tokenizer = tokenizer,
                                    .source_size = 6,
                                    .target_size = 7,
                                    .first = 1,
                                    .best = 2,
                                    .reporter = &reporter};
  check(ig_file_write(in_directory("lex.s2t"), text, strlen(text), err), err);
  told[0] = '\0';
  return ig_shortlist_load(in_directory("lex.s2t"), &how, out, err);
}

static void check_list(const ig_shortlist *s, size_t word, const int *ids, size_t count) {
  assert_int_equal(s->offsets[word + 1] - s->offsets[word], count);
  if (count) assert_memory_equal(s->ids + s->offsets[word], ids, count * sizeof *ids);
}

// Target before source; the best two; NULL is no word.
static void reads_text(void **state) {
  (void)state;
  ig_shortlist *s;
  ig_error err = {0};
  ig_tokenizer *tokenizer = make_tokenizer();
  check(
      load_text("fade ab 0.5\nbad\tab 0.25\r\nba ab 0.125\nNULL ab 1\n\nbac NULL 1\n</s> </s> 1e-3",
                tokenizer, &s, &err),
      &err);
  assert_string_equal(told, "");
  assert_int_equal(s->first, 1);
  assert_int_equal(s->best, 2);
  check_list(s, 0, (const int[]){0}, 1);
  check_list(s, 2, (const int[]){4, 5}, 2);
  check_list(s, 3, NULL, 0);
  ig_shortlist_free(s);
  check(load_text("fade ab 0.5\nhead ab 0.5\nba aab 0.25\n", tokenizer, &s, &err), &err);
  assert_non_null(strstr(told,
                         "2 of 3 lines have a piece that the vocabulary lacks, the first of "
                         "them line 2: left out"));
  ig_shortlist_free(s);
  ig_tokenizer_free(tokenizer);
}

static void check_refused(const char *text, const char *why) {
  ig_shortlist *s;
  ig_error err = {0};
  ig_tokenizer *tokenizer = make_tokenizer();
  assert_int_equal(load_text(text, tokenizer, &s, &err), IG_ERROR_FORMAT);
  assert_null(s);
  if (!strstr(err.message, why)) fail_msg("expected \"%s\" in: %s", why, err.message);
  ig_tokenizer_free(tokenizer);
}

#define NINES "999999999999999999999999999999"
static void refuses_other_text(void **state) {
  (void)state;
  ig_shortlist *s;
  ig_error err = {0};
  check_refused("fade ab 0.5\nba ab\n", "lex.s2t:2: expected `TARGET SOURCE PROBABILITY`, found 2");
  check_refused("fade ab 0.5 x\n", "lex.s2t:1: expected `TARGET SOURCE PROBABILITY`, found 4");
  check_refused("fade ab nan\n", "expected a probability from 0 to 1 after target and source");
  check_refused("fade ab 1.5\n", "found '1.5'");
  check_refused("fade ab -0.5\n", "found '-0.5'");
  // 100 characters, which are more than a number has: a message shows them.
  check_refused("fade ab 9999999999" NINES NINES NINES "\n", "found '" NINES);
  check_refused("", "found no line");
  check_refused("ab fade 0.5\n", "or has source before target");
  check_refused("fade \xff 0.5\n", "lex.s2t");
  assert_int_equal(load_text("fade ab 0.5\n", NULL, &s, &err), IG_ERROR_UNSUPPORTED);
  assert_non_null(strstr(err.message, "needs the model's tokenizer"));
}

// A directory means the file of the usual name in it.
static void reads_a_directory(void **state) {
  (void)state;
  ig_shortlist *s;
  ig_error err = {0};
  const ig_shortlist_loading how = {.source_size = 4, .target_size = 10};
  check(ig_file_copy(golden("lists.bin"), in_directory(IG_SHORTLIST_NAME), &err), &err);
  check(ig_shortlist_load(directory, &how, &s, &err), &err);
  assert_int_equal(s->words, 4);
  ig_shortlist_free(s);
  const ig_shortlist_loading smaller = {.source_size = 4, .target_size = 9};
  assert_int_equal(ig_shortlist_load(directory, &smaller, &s, &err), IG_ERROR_FORMAT);
  assert_null(s);
  assert_non_null(strstr(err.message, "lex.s2t.bin: the list of source token 1"));
}

// Loads a sound text beside a record of this tokenizer, one of whose values is replaced.
static ig_status load_beside_record(const char *side, const char *key, const char *value,
                                    ig_error *err) {
  ig_shortlist *s;
  json_t *record;
  ig_tokenizer *tokenizer = make_tokenizer();
  check(ig_shortlist_record_make(tokenizer, &record, err), err);
  if (key)
    assert_int_equal(json_object_set_new(json_object_get(record, side), key, json_string(value)),
                     0);
  check(ig_json_save(in_directory("lex.s2t.json"), record, 17, err), err);
  json_decref(record);
  check(ig_tokenizer_set_languages(tokenizer, "tlh", NULL, err), err);
  const ig_status status = load_text("fade ab 0.5\n", tokenizer, &s, err);
  ig_shortlist_free(s);
  ig_tokenizer_free(tokenizer);
  return status;
}

// A side without a language fits any.
static void compares_records(void **state) {
  (void)state;
  ig_error err = {0};
  check(load_beside_record(NULL, NULL, NULL, &err), &err);
  check(load_beside_record("source", "language", "tlh", &err), &err);
  check(load_beside_record("target", "language", "tlh", &err), &err);
  assert_int_equal(load_beside_record("source", "language", "sjn", &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "whose source language is 'sjn'"));
  assert_non_null(strstr(err.message, "this one's is 'tlh'"));
  assert_int_equal(load_beside_record("target", "xxh3-128", "00", &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "whose target vocabulary has other pieces"));
  check(ig_file_write(in_directory("lex.s2t.json"), "{}", 2, &err), &err);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_text),
      cmocka_unit_test(refuses_other_text),
      cmocka_unit_test(reads_a_directory),
      cmocka_unit_test(compares_records),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
