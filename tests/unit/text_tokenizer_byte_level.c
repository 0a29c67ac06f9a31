// Byte-level BPE: ids and texts as transformers has them, what is written, what is told, and what
// is refused.
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
#include "text/byte_symbols.h"
#include "text/sentencepiece.h"
#include "text/tokenizer.h"

#define GOLDEN "byte_level_tokenizer"
#define WRITTEN_FILES "vocab.json", "merges.txt", "tokenizer_config.json", "added_tokens.json"
#include "golden_tokenizer.h"
#include "tokenizer_directory.h"

static const ig_tokenizer_description byte_level = {
    .kind = IG_TOKENIZER_BYTE_LEVEL,
    .class_names = (const char *const[]){"RobertaTokenizer", NULL},
    .files = {.vocabulary = "vocab.json", .merges = "merges.txt"},
    .special = {"</s>", "<unk>", "<pad>"},
    .more_special = (const char *const[]){"<s>", "<mask>", NULL},
    .begin = "<s>",
    .begin_key = "cls_token",
};
static const ig_tokenizer_description *const offered[] = {&byte_level, NULL};

static void write_file(const char *name, const char *text) {
  ig_error err = {0};
  check(ig_file_write(in_directory(name), text, strlen(text), &err), &err);
}

static void copy_file(const char *name) {
  char *bytes;
  size_t size;
  ig_error err = {0};
  check(ig_file_load(golden(name), &bytes, &size, &err), &err);
  check(ig_file_write(in_directory(name), bytes, size, &err), &err);
  free(bytes);
}

static void expect_text(const ig_tokenizer *t, const json_t *c) {
  const json_t *ids = json_object_get(c, "ids");
  int list[400];
  const size_t count = json_array_size(ids);
  char *text;
  ig_error err = {0};
  assert_in_range(count, 1, 400);
  for (size_t i = 0; i < count; i++) list[i] = (int)json_integer_value(json_array_get(ids, i));
  check(ig_tokenizer_decode(t, list, count, &text, &err), &err);
  assert_string_equal(text, json_string_value(json_object_get(c, "decoded")));
  free(text);
}

static void expect_case(const ig_tokenizer *t, const json_t *c) {
  const char *text = json_string_value(json_object_get(c, "text"));
  const json_t *expected = json_object_get(c, "ids");
  ig_ids ids = {0};
  ig_error err = {0};
  check(ig_tokenizer_encode_source(t, text, strlen(text), &ids, &err), &err);
  bool same = json_array_size(expected) == ids.count;
  for (size_t i = 0; same && i < ids.count; i++)
    same = json_integer_value(json_array_get(expected, i)) == ids.ids[i];
  if (!same) fail_msg("other ids than expected for '%s'", text);
  ig_ids_free(&ids);
  expect_places(t, "places", text, expected, json_object_get(c, "offsets"));
  expect_text(t, c);
}

static json_t *load_golden(void) {
  json_t *root;
  ig_error err = {0};
  check(ig_json_load_object(golden("expected.json"), &root, &err), &err);
  return root;
}

static void expect_cases(const ig_tokenizer *t, const char *name) {
  json_t *root = load_golden(), *c;
  const json_t *cases = json_object_get(root, name);
  size_t i;
  assert_true(json_array_size(cases) > 20);
  json_array_foreach(cases, i, c) expect_case(t, c);
  json_decref(root);
}

static ig_tokenizer *load_from(const char *path) {
  ig_tokenizer *t;
  ig_error err = {0};
  check(ig_tokenizer_load(path, offered, &t, &err), &err);
  return t;
}

static void has_the_ids_of_transformers(void **state) {
  (void)state;
  ig_tokenizer *t = load_from(golden(""));
  expect_cases(t, "plain");
  assert_int_equal(ig_tokenizer_kind_of(t), IG_TOKENIZER_BYTE_LEVEL);
  ig_tokenizer_free(t);
}

static void puts_a_space_before_text(void **state) {
  (void)state;
  copy_file("vocab.json");
  copy_file("merges.txt");
  copy_file("added_tokens.json");
  write_file("tokenizer_config.json",
             "{\"add_prefix_space\": true,"
             " \"mask_token\": {\"content\": \"<mask>\", \"lstrip\": true}}");
  ig_tokenizer *t = load_from(directory);
  expect_cases(t, "prefixed");
  ig_tokenizer_free(t);
}

static void decodes_halves_of_characters(void **state) {
  (void)state;
  ig_tokenizer *t = load_from(golden(""));
  json_t *root = load_golden(), *c;
  size_t i;
  json_array_foreach(json_object_get(root, "broken"), i, c) expect_text(t, c);
  assert_int_equal(i, 4);
  json_decref(root);
  ig_tokenizer_free(t);
}

static void writes_what_it_reads(void **state) {
  (void)state;
  ig_tokenizer *t = load_from(golden(""));
  ig_error err = {0};
  unlink(in_directory("added_tokens.json"));
  check(ig_tokenizer_save(t, directory, &err), &err);
  ig_tokenizer *again = load_from(directory);
  expect_cases(again, "plain");
  ig_tokenizer_free(again);
  ig_tokenizer_free(t);
}

static void symbols_are_those_of_gpt2(void **state) {
  (void)state;
  char symbol[IG_BYTE_SYMBOLS_MAX];
  for (int byte = 0; byte < 256; byte++) {
    const size_t length = ig_byte_symbols_write((unsigned char)byte, symbol);
    const unsigned first = (unsigned char)symbol[0], second = (unsigned char)symbol[1];
    const unsigned code = length == 1 ? first : (first & 0x1Fu) << 6 | (second & 0x3Fu);
    assert_int_equal(ig_byte_symbols_byte(code), byte);
  }
  static const unsigned known[][2] = {{0x120, 0x20}, {0x10A, 0x0A}, {0x143, 0xAD}, {0x142, 0xA0},
                                      {0x121, 0x7F}, {0xFF, 0xFF},  {0x7E, 0x7E}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    assert_int_equal(ig_byte_symbols_byte(known[i][0]), known[i][1]);
  assert_int_equal(ig_byte_symbols_byte(0x144), -1);
  assert_int_equal(ig_byte_symbols_byte(0xAD), -1);
  assert_int_equal(ig_byte_symbols_byte(' '), -1);
}

#define SPECIAL "\"<s>\": 0, \"<pad>\": 1, \"</s>\": 2, \"<unk>\": 3, "

static ig_status collect_lost(void *context, const char *piece, size_t length, int id,
                              ig_error *err) {
  (void)id;
  (void)err;
  strncat(context, piece, length);
  strcat(context, "|");
  return IG_OK;
}

// The original drops a byte that the vocabulary lacks: its ids are the same, and it is told.
static void tells_bytes_without_a_symbol(void **state) {
  (void)state;
  write_file("vocab.json", "{" SPECIAL "\"a\": 4, \"b\": 5, \"ab\": 6}");
  write_file("merges.txt", "#version: 0.2\r\na b\r\n");
  write_file("tokenizer_config.json", "{}");
  unlink(in_directory("added_tokens.json"));
  ig_tokenizer *t = load_from(directory);
  static const char text[] = "aéb zab";
  static const int expected[] = {0, 6, 6, 2};
  char lost[64] = "";
  const ig_piece_sink sink = {.piece = collect_lost, .context = lost};
  ig_ids ids = {0};
  ig_encode_notes notes;
  ig_error err = {0};
  const ig_side_text side_text = {IG_SIDE_SOURCE, text, strlen(text), 0};
  check(ig_tokenizer_encode_noted(t, &side_text, &ids, &notes, &err), &err);
  assert_int_equal(ids.count, 4);
  assert_memory_equal(ids.ids, expected, sizeof expected);
  assert_int_equal(notes.unknown, 3);
  assert_string_equal(notes.first_unknown, "é");
  check(ig_tokenizer_find_unknown(t, IG_SIDE_SOURCE, text, strlen(text), &sink, &err), &err);
  assert_string_equal(lost, "é| |z|");
  // What the library says, too: places are counted without the symbols that are left out.
  static const ig_source_range at[] = {{0, 0}, {0, 3}, {4, 5}, {0, 0}};
  ig_source_ranges places = {0};
  ids.count = 0;
  check(ig_tokenizer_encode_placed(t, &side_text, &ids, &places, &err), &err);
  assert_int_equal(places.count, 4);
  assert_memory_equal(places.list, at, sizeof at);
  assert_memory_equal(ids.ids, expected, sizeof expected);
  ig_source_ranges_free(&places);
  ig_ids_free(&ids);
  ig_tokenizer_free(t);
}

static void expect_refused(const char *file, const char *text, const char *message) {
  ig_tokenizer *t = NULL;
  ig_error err = {0};
  write_file("vocab.json", "{" SPECIAL "\"a\": 4, \"b\": 5, \"ab\": 6}");
  write_file("merges.txt", "a b\n");
  write_file("tokenizer_config.json", "{}");
  write_file(file, text);
  assert_int_not_equal(ig_tokenizer_load(directory, offered, &t, &err), IG_OK);
  assert_null(t);
  if (!strstr(err.message, message)) fail_msg("'%s' is not in '%s'", message, err.message);
}

static void refuses_by_line_and_name(void **state) {
  (void)state;
  expect_refused("merges.txt", "a b\n\n", "merges.txt: line 2: expected two tokens");
  expect_refused("merges.txt", "a\tb\n", "line 1: expected two tokens");
  expect_refused("merges.txt", "a b b\n", "line 1: expected two tokens");
  expect_refused("merges.txt", "#version: 0.2\na c\n", "line 2: the vocabulary has no token 'c'");
  expect_refused("merges.txt", "b a\n", "line 1: the vocabulary has no token 'ba'");
  expect_refused("tokenizer_config.json", "{\"separate_vocabs\": true}", "separate_vocabs");
  expect_refused("vocab.json", "{\"</s>\": 0, \"<unk>\": 1}", "merges.txt: line 1");
}

// Of a pair that occurs twice the last line counts: "b c" comes before "a b" then.
static void the_last_of_equal_merges_counts(void **state) {
  (void)state;
  static const int expected[] = {0, 4, 8, 2};
  ig_ids ids = {0};
  ig_error err = {0};
  write_file("vocab.json", "{" SPECIAL "\"a\": 4, \"b\": 5, \"c\": 6, \"ab\": 7, \"bc\": 8}");
  write_file("merges.txt", "a b\nb c\na b\n");
  write_file("tokenizer_config.json", "{}");
  ig_tokenizer *t = load_from(directory);
  check(ig_tokenizer_encode_source(t, "abc", 3, &ids, &err), &err);
  assert_int_equal(ids.count, 4);
  assert_memory_equal(ids.ids, expected, sizeof expected);
  ig_ids_free(&ids);
  ig_tokenizer_free(t);
}

static void has_no_samples(void **state) {
  (void)state;
  ig_tokenizer *t = load_from(golden(""));
  const ig_sentencepiece_sampling sampling = {.n_best = 4, .alpha = 0.5f};
  ig_ids ids = {0};
  ig_error err = {0};
  assert_int_equal(ig_tokenizer_sample(t, IG_SIDE_SOURCE, "a", &sampling, &ids, &err),
                   IG_ERROR_UNSUPPORTED);
  assert_int_equal(ids.count, 0);
  ig_ids_free(&ids);
  ig_tokenizer_free(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(has_the_ids_of_transformers),
      cmocka_unit_test(puts_a_space_before_text),
      cmocka_unit_test(decodes_halves_of_characters),
      cmocka_unit_test(writes_what_it_reads),
      cmocka_unit_test(symbols_are_those_of_gpt2),
      cmocka_unit_test(tells_bytes_without_a_symbol),
      cmocka_unit_test(refuses_by_line_and_name),
      cmocka_unit_test(the_last_of_equal_merges_counts),
      cmocka_unit_test(has_no_samples),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
