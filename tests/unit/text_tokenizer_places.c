// Where tokens come from, of the kinds for which transformers has no offsets to compare with.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "text/tokenizer.h"
#include "text/tokenizer_pairs.h"
#include "text/utf8.h"
#include "tokenizer_fixture.h"

#define GOLDEN "marian_tokenizer"
#define WRITTEN_FILES "tokenizer_config.json"
#include "tokenizer_directory.h"

// The parts of the text that the ids have, one after another: "The| cat|". An empty one: nowhere.
static void expect_parts(const ig_tokenizer *t, ig_side side, const char *text,
                         const char *expected) {
  ig_ids ids = {0};
  ig_source_ranges places = {0};
  ig_error err = {0};
  char parts[300] = "";
  const ig_side_text side_text = {side, text, strlen(text), 0};
  check(ig_tokenizer_encode_placed(t, &side_text, &ids, &places, &err), &err);
  assert_int_equal(places.count, ids.count);
  for (size_t i = 0; i < places.count; i++) {
    const ig_source_range place = places.list[i];
    assert_true(place.begin <= place.end && place.end <= strlen(text));
    snprintf(parts + strlen(parts), sizeof parts - strlen(parts), "%.*s|",
             (int)(place.end - place.begin), text + place.begin);
  }
  assert_string_equal(parts, expected);
  ig_source_ranges_free(&places);
  ig_ids_free(&ids);
}

// A piece has the space before it; a code and an added token are as they stand.
static void pieces_of_sentencepiece(void **state) {
  (void)state;
  ig_tokenizer *t;
  ig_error err = {0};
  check(ig_tokenizer_load(golden(""), pieces_or_words, &t, &err), &err);
  expect_parts(t, IG_SIDE_SOURCE, ">>de<<The cat", ">>de<<|T|h|e| cat||");
  expect_parts(t, IG_SIDE_SOURCE, "  The</s> cat ", "T|h|e|</s>|cat||");
  expect_parts(t, IG_SIDE_TARGET, "", "|");
  ig_tokenizer_free(t);
}

static void words(void **state) {
  (void)state;
  const ig_token_list list = {(const char *const[]){"a", "\xC3\xA9t\xC3\xA9"}, 2};
  ig_tokenizer *t;
  ig_error err = {0};
  check(ig_tokenizer_from_tokens(&list, NULL, &t, &err), &err);
  expect_parts(t, IG_SIDE_SOURCE, " a\xE3\x80\x80\xC3\xA9t\xC3\xA9 zz ",
               "a|\xC3\xA9t\xC3\xA9|zz||");
  ig_tokenizer_free(t);
}

// Each byte has its whole character.
static void bytes(void **state) {
  (void)state;
  static const ig_special_pieces special[] = {{.text = "<pad>", .first_id = 0},
                                              {.text = "</s>", .first_id = 1},
                                              {.text = "<unk>", .first_id = 2},
                                              {0}};
  const ig_tokenizer_description description = {
      .kind = IG_TOKENIZER_BYTES,
      .class_names = (const char *const[]){"ByT5Tokenizer", NULL},
      .special = {"</s>", "<unk>", "<pad>"},
      .shift = 3,
      .special_pieces = special,
  };
  const ig_tokenizer_description *const offered[] = {&description, NULL};
  ig_tokenizer *t;
  ig_error err = {0};
  check(ig_tokenizer_load(directory, offered, &t, &err), &err);
  expect_parts(t, IG_SIDE_SOURCE, "a\xC3\xA9<pad>", "a|\xC3\xA9|\xC3\xA9|<pad>||");
  ig_tokenizer_free(t);
}

static void has_no_pairs(void **state) {
  (void)state;
  const ig_token_list list = {(const char *const[]){"a"}, 1};
  ig_tokenizer *t;
  ig_tokenizer_frame frame = {0};
  ig_text_tokens tokens = {0};
  ig_error err = {0};
  check(ig_tokenizer_from_tokens(&list, NULL, &t, &err), &err);
  assert_int_equal(ig_tokenizer_pairs_frame(t, &frame, &err), IG_ERROR_UNSUPPORTED);
  assert_int_equal(ig_tokenizer_pairs_encode(t, "a", 1, &tokens, &err), IG_ERROR_UNSUPPORTED);
  assert_non_null(strstr(err.message, "a WhitespaceTokenizer knows no pairs of texts"));
  ig_tokenizer_free(t);
}

static void counts_characters(void **state) {
  (void)state;
  const char text[] = "a\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80z";
  static const size_t ends[] = {0, 1, 3, 6, 10, 11};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
    assert_int_equal(ig_utf8_count(text, ends[i]), i);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_of_sentencepiece),
      cmocka_unit_test(words),
      cmocka_unit_test(bytes),
      cmocka_unit_test(has_no_pairs),
      cmocka_unit_test(counts_characters),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
