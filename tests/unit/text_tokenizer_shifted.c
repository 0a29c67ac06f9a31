// Tokenizers whose ids are SentencePiece's, moved up: the ids of Pegasus, what is written, and what
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
#include "text/sentencepiece.h"
#include "text/tokenizer.h"

#define GOLDEN "pegasus_tokenizer"
#define WRITTEN_FILES "spiece.model", "tokenizer_config.json", "corpus.txt", "trained.model"
#include "tokenizer_directory.h"

static const ig_special_pieces special_pieces[] = {
    {.text = "<pad>", .first_id = 0},
    {.text = "</s>", .first_id = 1},
    {.text = "<mask_1>", .first_id = 2},
    {.text = "<mask_2>", .first_id = 3},
    {.text = "<unk_%d>",
     .first_id = 4,
     .count = 101,
     .first_number = 2,
     .number_step = 1,
     .score = -100},
    {0},
};

static const ig_tokenizer_description shifted = {
    .kind = IG_TOKENIZER_SHIFTED,
    .class_names = (const char *const[]){"PegasusTokenizer", "PegasusTokenizerFast", NULL},
    .files = {.source_model = "spiece.model"},
    .special = {"</s>", "<unk>", "<pad>"},
    .shift = 103,
    .shift_key = "offset",
    .preparation = {.normalizes = true, .joins_spaces = true},
    .special_pieces = special_pieces,
};
static const ig_tokenizer_description *const offered[] = {&shifted, NULL};

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

static void expect_ids(const json_t *expected, const ig_ids *ids, const char *text) {
  bool same = json_array_size(expected) == ids->count;
  for (size_t i = 0; same && i < ids->count; i++)
    same = json_integer_value(json_array_get(expected, i)) == ids->ids[i];
  if (!same) fail_msg("other ids than expected for '%s'", text);
}

static void expect_text(const ig_tokenizer *t, const json_t *ids, const json_t *expected) {
  int list[64];
  const size_t count = json_array_size(ids);
  char *text;
  ig_error err = {0};
  assert_in_range(count, 0, 64);
  for (size_t i = 0; i < count; i++) list[i] = (int)json_integer_value(json_array_get(ids, i));
  check(ig_tokenizer_decode(t, list, count, &text, &err), &err);
  assert_string_equal(text, json_string_value(expected));
  free(text);
}

static void expect_case(const ig_tokenizer *t, const json_t *c) {
  const char *text = json_string_value(json_object_get(c, "text"));
  ig_ids ids = {0};
  ig_error err = {0};
  check(ig_tokenizer_encode_source(t, text, strlen(text), &ids, &err), &err);
  expect_ids(json_object_get(c, "their_ids"), &ids, text);
  ids.count = 0;
  check(ig_tokenizer_encode_target(t, text, strlen(text), &ids, &err), &err);
  expect_ids(json_object_get(c, "their_ids"), &ids, text);
  ig_ids_free(&ids);
  expect_text(t, json_object_get(c, "ids"), json_object_get(c, "decoded"));
  expect_text(t, json_object_get(c, "their_ids"), json_object_get(c, "their_decoded"));
}

static void expect_golden(const ig_tokenizer *t) {
  char *text;
  size_t size, i;
  json_t *cases, *c;
  ig_error err = {0};
  check(ig_file_load(golden("expected.json"), &text, &size, &err), &err);
  check(ig_json_parse(text, size, "expected.json", &cases, &err), &err);
  free(text);
  assert_true(json_array_size(cases) > 20);
  json_array_foreach(cases, i, c) expect_case(t, c);
  json_decref(cases);
}

static void expect_piece(const ig_tokenizer *t, int id, const char *piece) {
  assert_string_equal(ig_tokenizer_piece(t, IG_SIDE_SOURCE, id), piece);
  assert_string_equal(ig_tokenizer_piece(t, IG_SIDE_TARGET, id), piece);
}

static void expect_ids_of_pieces(const ig_tokenizer *t) {
  ig_sentencepiece *model;
  ig_error err = {0};
  check(ig_sentencepiece_load(golden("spiece.model"), &model, &err), &err);
  const int size = ig_sentencepiece_size(model);
  assert_int_equal(ig_tokenizer_source_size(t), size + 103);
  assert_int_equal(ig_tokenizer_target_size(t), size + 103);
  for (int id = 2; id < size; id++) expect_piece(t, id + 103, ig_sentencepiece_piece(model, id));
  ig_sentencepiece_free(model);
  expect_piece(t, 0, "<pad>");
  expect_piece(t, 1, "</s>");
  expect_piece(t, 3, "<mask_2>");
  expect_piece(t, 4, "<unk_2>");
  expect_piece(t, 104, "<unk_102>");
  expect_piece(t, 105, "<unk>");
  assert_true(ig_tokenizer_shared(t));
  for (int side = 0; side < 2; side++) {
    assert_int_equal(ig_tokenizer_pad_id(t, (ig_side)side), 0);
    assert_int_equal(ig_tokenizer_eos_id(t, (ig_side)side), 1);
    assert_int_equal(ig_tokenizer_unk_id(t, (ig_side)side), 105);
  }
}

static void same_ids_as_transformers(void **state) {
  (void)state;
  ig_tokenizer *t;
  ig_error err = {0};
  check(ig_tokenizer_load(golden(""), offered, &t, &err), &err);
  assert_int_equal(ig_tokenizer_kind_of(t), IG_TOKENIZER_SHIFTED);
  expect_ids_of_pieces(t);
  expect_golden(t);
  ig_tokenizer_free(t);
}

static void saved_and_loaded(void **state) {
  (void)state;
  ig_tokenizer *t, *again;
  json_t *config;
  ig_error err = {0};
  check(ig_tokenizer_from_sentencepiece(&shifted, golden("spiece.model"), NULL, &t, &err), &err);
  expect_golden(t);
  check(ig_tokenizer_save(t, directory, &err), &err);
  ig_tokenizer_free(t);
  check(ig_tokenizer_load(directory, offered, &again, &err), &err);
  expect_ids_of_pieces(again);
  expect_golden(again);
  ig_tokenizer_free(again);
  check(ig_json_load_object(in_directory("tokenizer_config.json"), &config, &err), &err);
  assert_string_equal(json_string_value(json_object_get(config, "tokenizer_class")),
                      "PegasusTokenizer");
  assert_int_equal(json_integer_value(json_object_get(config, "offset")), 103);
  json_decref(config);
  assert_false(ig_file_exists(in_directory("vocab.json")));
}

static void expect_refused(const ig_tokenizer_description *description, ig_status status,
                           const char *message) {
  const ig_tokenizer_description *const one[] = {description, NULL};
  ig_tokenizer *t;
  ig_error err = {0};
  assert_int_equal(ig_tokenizer_load(directory, one, &t, &err), status);
  assert_null(t);
  if (!strstr(err.message, message)) fail_msg("'%s' does not say '%s'", err.message, message);
}

static void wrong_directories(void **state) {
  (void)state;
  unlink(in_directory("spiece.model"));
  unlink(in_directory("tokenizer_config.json"));
  expect_refused(&shifted, IG_ERROR_IO, "spiece.model");
  copy_model();
  write_file("tokenizer_config.json", "{\"tokenizer_class\": \"T5Tokenizer\"}");
  expect_refused(&shifted, IG_ERROR_UNSUPPORTED,
                 "expected PegasusTokenizer or PegasusTokenizerFast, found T5Tokenizer");
  write_file("tokenizer_config.json", "{\"offset\": 0}");
  expect_refused(&shifted, IG_ERROR_UNSUPPORTED, "offset: expected 103, found 0");
  write_file("tokenizer_config.json", "{\"separate_vocabs\": true}");
  expect_refused(&shifted, IG_ERROR_UNSUPPORTED, "separate_vocabs");
  write_file("tokenizer_config.json", "{\"unk_token\": \"<none>\"}");
  expect_refused(&shifted, IG_ERROR_FORMAT, "has no <none>");
  write_file("tokenizer_config.json", "{\"tokenizer_class\": \"PegasusTokenizerFast\"}");
  ig_tokenizer *t;
  ig_error err = {0};
  check(ig_tokenizer_load(directory, offered, &t, &err), &err);
  ig_tokenizer_free(t);
}

static void wrong_tables(void **state) {
  (void)state;
  ig_tokenizer_description wrong = shifted;
  copy_model();
  write_file("tokenizer_config.json", "{}");
  wrong.shift = 102;
  expect_refused(&wrong, IG_ERROR_FORMAT, "id 104: both '<unk_102>' and '<unk>'");
  wrong.shift = 104;
  expect_refused(&wrong, IG_ERROR_FORMAT, "no piece has the id 105");
  wrong.shift = 103;
  wrong.special_pieces = NULL;
  expect_refused(&wrong, IG_ERROR_FORMAT, "no piece has the id 0");
}

// As T5 has them: no shift, and numbered pieces after the model's, the last one first.
static void pieces_after_the_model(void **state) {
  (void)state;
  static const ig_special_pieces after[] = {
      {.text = "<extra_id_%d>", .count = 100, .number_step = -1, .after_pieces = true},
      {0},
  };
  ig_tokenizer_description extra = shifted;
  extra.shift = 0;
  extra.special_pieces = after;
  ig_tokenizer *t;
  ig_ids ids = {0};
  ig_error err = {0};
  check(ig_tokenizer_from_sentencepiece(&extra, golden("spiece.model"), NULL, &t, &err), &err);
  const int size = ig_tokenizer_source_size(t);
  expect_piece(t, size - 1, "<extra_id_0>");
  expect_piece(t, size - 100, "<extra_id_99>");
  expect_piece(t, 2, "<unk>");
  static const char text[] = "<extra_id_1>the</s>";
  check(ig_tokenizer_encode_source(t, text, strlen(text), &ids, &err), &err);
  assert_int_equal(ids.ids[0], size - 2);
  assert_int_equal(ids.ids[ids.count - 1], 1);
  assert_int_equal(ids.ids[ids.count - 2], 1);
  ig_ids_free(&ids);
  ig_tokenizer_free(t);
}

// What Ingot trains has </s> 0 and <unk> 1, where the special pieces of this kind end.
static void trained_models(void **state) {
  (void)state;
  write_file("corpus.txt", "the old cat reads some long bread\nthe small boat goes down\n");
  const char *files[] = {in_directory("corpus.txt")};
  ig_sentencepiece_training training = ig_sentencepiece_training_default();
  training.files = files;
  training.file_count = 1;
  training.vocab_size = 30;
  training.soft_vocab_limit = true;
  ig_tokenizer *t;
  ig_error err = {0};
  check(ig_sentencepiece_train(&training, in_directory("trained.model"), NULL, &err), &err);
  const char *model = in_directory("trained.model");
  assert_int_equal(ig_tokenizer_from_sentencepiece(&shifted, model, NULL, &t, &err),
                   IG_ERROR_FORMAT);
  assert_null(t);
  assert_non_null(strstr(err.message, "id 104: both '<unk_102>' and '<unk>'"));
  assert_int_equal(ig_tokenizer_from_sentencepiece(&shifted, model, model, &t, &err),
                   IG_ERROR_UNSUPPORTED);
  assert_non_null(strstr(err.message, "one SentencePiece model for both sides"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(same_ids_as_transformers), cmocka_unit_test(saved_and_loaded),
      cmocka_unit_test(wrong_directories),        cmocka_unit_test(wrong_tables),
      cmocka_unit_test(pieces_after_the_model),   cmocka_unit_test(trained_models),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
