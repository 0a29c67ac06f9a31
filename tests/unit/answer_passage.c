// Where answers stand in their contexts, and in which sentences.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "answer/passage.h"

static void expect_passage(const char *context, const char *answer, const char *expected) {
  ig_sentences *splitter;
  ig_error err;
  const size_t begin = (size_t)(strstr(context, answer) - context);
  const ig_source_range place = {begin, begin + strlen(answer)};
  ig_source_range passage;
  if (ig_sentences_create("en", &splitter, &err) != IG_OK) fail_msg("%s", err.message);
  if (ig_passage_find(splitter, context, place, &passage, &err) != IG_OK)
    fail_msg("%s", err.message);
  ig_sentences_free(splitter);
  if (passage.end - passage.begin != strlen(expected) ||
      strncmp(context + passage.begin, expected, strlen(expected)) != 0)
    fail_msg("'%s': found '%.*s', expected '%s'", answer, (int)(passage.end - passage.begin),
             context + passage.begin, expected);
}

static void passages_are_whole_sentences(void **state) {
  (void)state;
  static const char context[] = "  It is red.  The tower is old.  It leans.\nNobody knows why. ";
  expect_passage(context, "tower", "The tower is old.");
  expect_passage(context, "old.  It", "The tower is old.  It leans.");
  expect_passage(context, "leans", "It leans.");
  expect_passage(context, "Nobody knows why.", "Nobody knows why.");
}

// A byte-level tokenizer has tokens of white space alone.
static void passages_hold_the_white_space_of_answers(void **state) {
  (void)state;
  static const char context[] = "  It is red.  The tower is old. ";
  expect_passage(context, "  It", "  It is red.");
  expect_passage(context, "  The", "It is red.  The tower is old.");
  expect_passage(context, "old. ", "The tower is old. ");
}

static void expect_place(const char *context, const char *text, ig_source_range window,
                         size_t expected) {
  ig_source_range place;
  if (!ig_passage_locate(context, text, window, &place)) fail_msg("'%s' is not found", text);
  assert_int_equal(place.begin, expected);
  assert_int_equal(place.end, expected + strlen(text));
}

static void texts_are_whole_words_first(void **state) {
  (void)state;
  static const char context[] = "The captains meet a captain, the theatre he knows; a captain.";
  const ig_source_range all = {0, strlen(context)};
  expect_place(context, "captain", all, 20);
  expect_place(context, "he", all, 41);
  expect_place(context, "captain", (ig_source_range){30, all.end}, 53);
  expect_place(context, "theat", all, 33);                            // in no place a word
  expect_place(context, "meet", (ig_source_range){30, all.end}, 13);  // before the window
  ig_source_range place;
  assert_false(ig_passage_locate(context, "ship", all, &place));
  assert_false(ig_passage_locate(context, "", all, &place));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(passages_are_whole_sentences),
      cmocka_unit_test(passages_hold_the_white_space_of_answers),
      cmocka_unit_test(texts_are_whole_words_first),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
