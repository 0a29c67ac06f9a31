// Two texts together beside a golden file (pair.json), whose offsets count code points, and the
// words of tokens.
#ifndef IG_TESTS_GOLDEN_PAIR_H
#define IG_TESTS_GOLDEN_PAIR_H
#include "golden_tokenizer.h"
#include "text/tokenizer_pairs.h"

// What follows of a list of the file.
typedef struct golden_rest {
  const json_t *pair;
  size_t at;
} golden_rest;

static json_int_t golden_number(const golden_rest *rest, const char *key) {
  return json_integer_value(json_array_get(json_object_get(rest->pair, key), rest->at));
}

static inline void expect_frame_tokens(golden_rest *rest, const ig_frame_tokens *tokens) {
  assert_int_equal(tokens->ids.count, tokens->types.count);
  for (size_t i = 0; i < tokens->ids.count; i++, rest->at++) {
    assert_int_equal(tokens->ids.ids[i], golden_number(rest, "ids"));
    assert_int_equal(tokens->types.ids[i], golden_number(rest, "types"));
    assert_int_equal(golden_number(rest, "words"), -1);
  }
}

static inline void expect_text_tokens(const ig_tokenizer *t, golden_rest *rest, const char *text,
                                      int type) {
  ig_text_tokens tokens = {0};
  ig_error err = {0};
  if (ig_tokenizer_pairs_encode(t, text, strlen(text), &tokens, &err) != IG_OK)
    fail_msg("%s", err.message);
  assert_int_equal(tokens.ids.count, tokens.words.count);
  assert_int_equal(tokens.ids.count, tokens.places.count);
  for (size_t i = 0; i < tokens.ids.count; i++, rest->at++) {
    const json_t *offsets = json_array_get(json_object_get(rest->pair, "offsets"), rest->at);
    assert_int_equal(tokens.ids.ids[i], golden_number(rest, "ids"));
    assert_int_equal(tokens.words.ids[i], golden_number(rest, "words"));
    assert_int_equal(type, golden_number(rest, "types"));
    assert_true(same_place(text, tokens.places.list[i], offsets));
  }
  ig_tokenizer_pairs_free_tokens(&tokens);
}

// The file holds first, second, and of both together ids, types, offsets and words (-1: none).
static inline void expect_golden_pair(const ig_tokenizer *t, const char *path) {
  json_t *pair;
  ig_tokenizer_frame frame = {0};
  ig_error err = {0};
  if (ig_json_load(path, &pair, &err) != IG_OK) fail_msg("%s", err.message);
  if (ig_tokenizer_pairs_frame(t, &frame, &err) != IG_OK) fail_msg("%s", err.message);
  golden_rest rest = {pair, 0};
  expect_frame_tokens(&rest, &frame.before);
  expect_text_tokens(t, &rest, json_string_value(json_object_get(pair, "first")), frame.first_type);
  expect_frame_tokens(&rest, &frame.between);
  expect_text_tokens(t, &rest, json_string_value(json_object_get(pair, "second")),
                     frame.second_type);
  expect_frame_tokens(&rest, &frame.after);
  assert_int_equal(rest.at, json_array_size(json_object_get(pair, "ids")));
  ig_tokenizer_frame_free(&frame);
  json_decref(pair);
}

// What stands beside one text is what the whole encoding has more.
static inline void expect_single_frame(const ig_tokenizer *t, const char *text) {
  ig_tokenizer_frame frame = {0};
  ig_text_tokens tokens = {0};
  ig_ids whole = {0};
  ig_error err = {0};
  if (ig_tokenizer_pairs_single_frame(t, &frame, &err) != IG_OK ||
      ig_tokenizer_pairs_encode(t, text, strlen(text), &tokens, &err) != IG_OK ||
      ig_tokenizer_encode_source(t, text, strlen(text), &whole, &err) != IG_OK)
    fail_msg("%s", err.message);
  const ig_ids *lists[] = {&frame.before.ids, &tokens.ids, &frame.after.ids};
  size_t at = 0;
  for (size_t k = 0; k < 3; k++)
    for (size_t i = 0; i < lists[k]->count; i++, at++)
      assert_int_equal(lists[k]->ids[i], whole.ids[at]);
  assert_int_equal(at, whole.count);
  assert_int_equal(frame.between.ids.count, 0);
  ig_ids_free(&whole);
  ig_tokenizer_pairs_free_tokens(&tokens);
  ig_tokenizer_frame_free(&frame);
}

// Of a list of objects: text, and the words of its tokens without those beside it.
static inline void expect_golden_words(const ig_tokenizer *t, const char *path) {
  json_t *cases, *c;
  size_t i;
  ig_text_tokens tokens = {0};
  ig_error err = {0};
  if (ig_json_load(path, &cases, &err) != IG_OK) fail_msg("%s", err.message);
  json_array_foreach(cases, i, c) {
    const char *text = json_string_value(json_object_get(c, "text"));
    const json_t *words = json_object_get(c, "words");
    if (ig_tokenizer_pairs_encode(t, text, strlen(text), &tokens, &err) != IG_OK)
      fail_msg("%s", err.message);
    assert_int_equal(tokens.words.count, json_array_size(words));
    for (size_t k = 0; k < tokens.words.count; k++)
      assert_int_equal(tokens.words.ids[k], json_integer_value(json_array_get(words, k)));
  }
  ig_tokenizer_pairs_free_tokens(&tokens);
  json_decref(cases);
}
#endif
