// A vocabulary: what is found in it, and ids that its file may not have.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "io/json.h"
#include "text/plain_vocabulary.h"
#include "text/vocabulary.h"

enum { TOKENS = 300, NULS = 16 };

// A text that holds a NUL is no token, though tokens end with one.
static void a_nul_ends_no_text(void **state) {
  (void)state;
  ig_vocabulary v = {0};
  char text[40] = "";
  for (int i = 0; i < TOKENS; i++) {
    const int length = snprintf(text, sizeof text, "%d", i);
    assert_int_equal(ig_vocabulary_add(&v, text, (size_t)length, i, NULL), IG_OK);
  }
  for (int i = 0; i < TOKENS; i++) {
    memset(text, 0, sizeof text);
    const size_t length = (size_t)snprintf(text, sizeof text, "%d", i);
    assert_int_equal(ig_vocabulary_find(&v, text, length), i);
    for (size_t nuls = 1; nuls <= NULS; nuls++)
      assert_int_equal(ig_vocabulary_find(&v, text, length + nuls), -1);
  }
  ig_vocabulary_free(&v);
}

// Files leave few gaps between their ids: a small one costs little memory.
static void ids_are_bounded_by_the_tokens(void **state) {
  (void)state;
  assert_int_equal(ig_vocabulary_most_id(0), 65536);
  assert_int_equal(ig_vocabulary_most_id(1000), 81536);
  assert_int_equal(ig_vocabulary_most_id(1 << 24), (1 << 24) - 1);
  assert_int_equal(ig_vocabulary_most_id(SIZE_MAX), (1 << 24) - 1);
}

// What the reader of plain vocabularies reads, it reads as the reader of JSON does.
static void plain_texts_are_read_like_json(void **state) {
  (void)state;
  static const char *const texts[] = {
      "{\"</s>\":0,\"<unk>\":1}", " {\n \"\xE2\x96\x81\" : 3 ,\t\"a\": 10\r\n} ",
      "{\"\\u2581\\u0041\": 7, \"\\ud83d\\uDE00\": 8, \"\\ud7ff\\ue000\": 9}",
      "{\"\\\"\\\\\\/\\b\\f\\n\\r\\t\": 0, \"\": 1, \"\x7F\": 65536}"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    ig_vocabulary plain = {0}, other = {0};
    json_t *json;
    assert_int_equal(ig_json_parse(texts[i], strlen(texts[i]), "text", &json, NULL), IG_OK);
    assert_int_equal(ig_vocabulary_take(&other, json, "text", NULL), IG_OK);
    if (!ig_plain_vocabulary_read(&plain, texts[i], strlen(texts[i])))
      fail_msg("'%s' is not read", texts[i]);
    assert_int_equal(plain.count, other.count);
    assert_int_equal(plain.size, other.size);
    for (int id = 0; id < other.size; id++) {
      assert_int_equal(!plain.tokens[id], !other.tokens[id]);
      if (other.tokens[id]) assert_string_equal(plain.tokens[id], other.tokens[id]);
    }
    json_decref(json);
    ig_vocabulary_free(&plain);
    ig_vocabulary_free(&other);
  }
}

// Everything else is left to the reader of JSON, whether it is JSON or not.
static void other_texts_are_left(void **state) {
  (void)state;
  static const char *const texts[] = {
      "", "{", "{}", "[1]", "{\"a\":0", "{\"a\":0,}", "{\"a\":0} x", "\xEF\xBB\xBF{\"a\":0}",
      // ids
      "{\"a\":-1}", "{\"a\":1.0}", "{\"a\":01}", "{\"a\":1e1}", "{\"a\":}", "{\"a\":null}",
      "{\"a\":100000}", "{\"a\":123456789}", "{\"a\":4294967296}", "{\"a\":0,\"b\":0}",
      // tokens
      "{\"a\":0,\"a\":1}", "{\"\\u0000\":0}", "{\"\\ud800\":0}", "{\"\\udc00\":0}",
      "{\"\\ud800\\u0041\":0}", "{\"\\x\":0}", "{\"\\u00g0\":0}", "{\"\\", "{\"\\u12", "{\"\n\":0}",
      "{\"\xFF\":0}", "{\"\xC0\x80\":0}", "{\"a"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    ig_vocabulary v = {0};
    if (ig_plain_vocabulary_read(&v, texts[i], strlen(texts[i])))
      fail_msg("'%s' is read", texts[i]);
    ig_vocabulary_free(&v);
  }
  char longest[2000];
  memset(longest, 'a', sizeof longest);
  memcpy(longest, "{\"", 2);
  memcpy(longest + sizeof longest - 4, "\":0}", 4);
  ig_vocabulary v = {0};
  assert_false(ig_plain_vocabulary_read(&v, longest, sizeof longest));
  ig_vocabulary_free(&v);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_nul_ends_no_text),
      cmocka_unit_test(ids_are_bounded_by_the_tokens),
      cmocka_unit_test(plain_texts_are_read_like_json),
      cmocka_unit_test(other_texts_are_left),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
