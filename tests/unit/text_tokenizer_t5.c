// The tokenizers of T5 and of ByT5: ids and texts as transformers has them, what is written, and
// what is refused.
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
#include "text/charsmap.h"
#include "text/piece_model.h"
#include "text/sentencepiece.h"
#include "text/tokenizer.h"

#define GOLDEN "t5_tokenizer"
#define WRITTEN_FILES "spiece.model", "tokenizer_config.json"
#include "golden_tokenizer.h"
#include "tokenizer_directory.h"

// Sentinels come after the pieces, <extra_id_0> last.
static const ig_special_pieces sentinels[] = {
    {.text = "<extra_id_%d>",
     .count = 100,
     .number_step = -1,
     .after_pieces = true,
     .count_key = "extra_ids"},
    {0},
};

static const ig_tokenizer_description sentinel_tokenizer = {
    .kind = IG_TOKENIZER_SHIFTED,
    .class_names = (const char *const[]){"T5Tokenizer", "T5TokenizerFast", "MT5Tokenizer",
                                         "MT5TokenizerFast", NULL},
    .files = {.source_model = "spiece.model"},
    .special = {"</s>", "<unk>", "<pad>"},
    .preparation = {.normalizes = true, .splits_at_white = true},
    .special_pieces = sentinels,
};

// <extra_id_0> comes first here.
static const ig_special_pieces byte_pieces[] = {
    {.text = "<pad>", .first_id = 0, .strips_left = true, .strips_right = true},
    {.text = "</s>", .first_id = 1, .strips_left = true, .strips_right = true},
    {.text = "<unk>", .first_id = 2, .strips_left = true, .strips_right = true},
    {.text = "<extra_id_%d>",
     .count = 125,
     .number_step = 1,
     .after_pieces = true,
     .count_key = "extra_ids"},
    {0},
};

static const ig_tokenizer_description byte_tokenizer = {
    .kind = IG_TOKENIZER_BYTES,
    .class_names = (const char *const[]){"ByT5Tokenizer", NULL},
    .special = {"</s>", "<unk>", "<pad>"},
    .shift = 3,
    .special_pieces = byte_pieces,
    .ends_once = true,
};

static const ig_tokenizer_description *const offered[] = {&sentinel_tokenizer, &byte_tokenizer,
                                                          NULL};

static void write_file(const char *name, const char *text) {
  ig_error err = {0};
  check(ig_file_write(in_directory(name), text, strlen(text), &err), &err);
}

static void copy_model(void) {
  char *bytes;
  size_t size;
  ig_error err = {0};
  check(ig_file_load(golden("spiece.model"), &bytes, &size, &err), &err);
  check(ig_file_write(in_directory("spiece.model"), bytes, size, &err), &err);
  free(bytes);
}

static ig_tokenizer *load_from(const char *path) {
  ig_tokenizer *t;
  ig_error err = {0};
  check(ig_tokenizer_load(path, offered, &t, &err), &err);
  return t;
}

static bool has_ids(const ig_tokenizer *t, const char *text, const json_t *expected) {
  ig_ids ids = {0};
  ig_error err = {0};
  check(ig_tokenizer_encode_source(t, text, strlen(text), &ids, &err), &err);
  bool same = json_array_size(expected) == ids.count;
  for (size_t i = 0; same && i < ids.count; i++)
    same = json_integer_value(json_array_get(expected, i)) == ids.ids[i];
  ig_ids_free(&ids);
  return same;
}

static void expect_decoded(const ig_tokenizer *t, const json_t *c) {
  const json_t *ids = json_object_get(c, "ids");
  int list[300];
  const size_t count = json_array_size(ids);
  char *text;
  ig_error err = {0};
  assert_in_range(count, 1, 300);
  for (size_t i = 0; i < count; i++) list[i] = (int)json_integer_value(json_array_get(ids, i));
  check(ig_tokenizer_decode(t, list, count, &text, &err), &err);
  assert_string_equal(text, json_string_value(json_object_get(c, "decoded")));
  free(text);
}

// The number of cases whose ids differ.
static size_t compare_cases(const ig_tokenizer *t, const char *name) {
  json_t *root, *c;
  size_t i, different = 0;
  ig_error err = {0};
  check(ig_json_load_object(golden("expected.json"), &root, &err), &err);
  const json_t *cases = json_object_get(root, name);
  assert_true(json_array_size(cases) > 30);
  json_array_foreach(cases, i, c) {
    const char *text = json_string_value(json_object_get(c, "text"));
    const bool same = has_ids(t, text, json_object_get(c, "ids"));
    if (!same) print_message("other ids for '%s'\n", text);
    different += !same;
    const json_t *offsets = json_object_get(c, "offsets");
    if (same && offsets) expect_places(t, name, text, json_object_get(c, "ids"), offsets);
    expect_decoded(t, c);
  }
  json_decref(root);
  return different;
}

static void has_the_ids_of_transformers(void **state) {
  (void)state;
  ig_tokenizer *t = load_from(golden(""));
  assert_int_equal(compare_cases(t, "t5"), 0);
  assert_string_equal(ig_tokenizer_piece(t, IG_SIDE_SOURCE, ig_tokenizer_source_size(t) - 1),
                      "<extra_id_0>");
  assert_string_equal(ig_tokenizer_piece(t, IG_SIDE_SOURCE, ig_tokenizer_source_size(t) - 100),
                      "<extra_id_99>");
  ig_tokenizer_free(t);
}

// Without its table of normalizations some cases differ, so the comparison above can fail.
static void normalizing_matters(void **state) {
  (void)state;
  ig_tokenizer_description plain = sentinel_tokenizer;
  plain.preparation.normalizes = false;
  ig_tokenizer *t;
  ig_error err = {0};
  check(ig_tokenizer_load(golden(""), (const ig_tokenizer_description *const[]){&plain, NULL}, &t,
                          &err),
        &err);
  assert_in_range(compare_cases(t, "t5"), 3, 12);
  ig_tokenizer_free(t);
}

static void bytes_have_the_ids_of_transformers(void **state) {
  (void)state;
  write_file("tokenizer_config.json", "{\"tokenizer_class\": \"ByT5Tokenizer\"}");
  ig_tokenizer *t = load_from(directory);
  assert_int_equal(ig_tokenizer_kind_of(t), IG_TOKENIZER_BYTES);
  assert_int_equal(compare_cases(t, "byt5"), 0);
  assert_int_equal(ig_tokenizer_source_size(t), 384);
  assert_string_equal(ig_tokenizer_piece(t, IG_SIDE_SOURCE, 259), "<extra_id_0>");
  ig_tokenizer_free(t);
}

static void writes_what_it_reads(void **state) {
  (void)state;
  ig_tokenizer *t = load_from(golden(""));
  ig_error err = {0};
  check(ig_tokenizer_save(t, directory, &err), &err);
  ig_tokenizer_free(t);
  t = load_from(directory);
  assert_int_equal(compare_cases(t, "t5"), 0);
  ig_tokenizer_free(t);
}

static void counts_sentinels(void **state) {
  (void)state;
  ig_tokenizer *t;
  ig_error err = {0};
  copy_model();
  write_file("tokenizer_config.json", "{\"extra_ids\": 0}");
  t = load_from(directory);
  const int pieces = ig_tokenizer_source_size(t);
  ig_tokenizer_free(t);
  write_file("tokenizer_config.json", "{\"extra_ids\": 2}");
  t = load_from(directory);
  assert_int_equal(ig_tokenizer_source_size(t), pieces + 2);
  assert_string_equal(ig_tokenizer_piece(t, IG_SIDE_SOURCE, pieces), "<extra_id_1>");
  ig_tokenizer_free(t);
  write_file("tokenizer_config.json", "{\"extra_ids\": -1}");
  assert_int_equal(ig_tokenizer_load(directory, offered, &t, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "extra_ids: expected 0 to 100000, found -1"));
}

// A text would lead out of them, in our code and in the library.
static void refuses_damaged_tables(void **state) {
  (void)state;
  static const unsigned char short_array[] = {8, 0, 0, 0, 0, 0, 0, 0};
  static const unsigned char no_end[] = {4, 0, 0, 0, 0, 0, 0, 0, 'a'};
  static const unsigned char far_children[] = {4, 0, 0, 0, 0, 0xFC, 0xFF, 0xFF, 0};
  ig_error err = {0};
  ig_charsmap map = {0};
  assert_int_equal(ig_charsmap_read(&map, short_array, sizeof short_array, "x", &err),
                   IG_ERROR_FORMAT);
  assert_string_equal(err.message,
                      "x: the table of normalizations is damaged: its array does not fit");
  assert_int_equal(ig_charsmap_read(&map, no_end, sizeof no_end, "x", &err), IG_ERROR_FORMAT);
  ig_charsmap_free(&map);
  assert_int_equal(ig_charsmap_read(&map, far_children, sizeof far_children, "x", &err),
                   IG_ERROR_FORMAT);
  assert_string_equal(err.message,
                      "x: the table of normalizations is damaged: its array leads out of itself");
  ig_charsmap_free(&map);
}

static void refuses_models_cut_short(void **state) {
  (void)state;
  char *bytes;
  size_t size;
  ig_error err = {0};
  check(ig_file_load(golden("spiece.model"), &bytes, &size, &err), &err);
  size_t refused = 0;
  for (size_t length = 0; length < size; length++) {
    ig_piece_model model = {0};
    refused += ig_piece_model_read(&model, bytes, length, "x", &err) != IG_OK;
    ig_piece_model_free(&model);
  }
  assert_true(refused > size / 2);
  free(bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(has_the_ids_of_transformers),
      cmocka_unit_test(normalizing_matters),
      cmocka_unit_test(bytes_have_the_ids_of_transformers),
      cmocka_unit_test(writes_what_it_reads),
      cmocka_unit_test(counts_sentinels),
      cmocka_unit_test(refuses_damaged_tables),
      cmocka_unit_test(refuses_models_cut_short),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
