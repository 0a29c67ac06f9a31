// Questions and contexts as windows: what is kept of the white space that a question begins with.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "answer/reading.h"
#include "model/arch/encoder_tokenizers.h"
#include "text/tokenizer.h"

// A byte-level tokenizer, to which a space is a token.
static int open_tokenizer(void **state) {
  char path[512];
  const char *root = getenv("INGOT_SOURCE");
  ig_tokenizer *tokenizer;
  ig_error err;
  snprintf(path, sizeof path, "%s/tests/golden/encoder_tokenizers/roberta", root ? root : ".");
  if (ig_tokenizer_load(path, ig_encoder_tokenizers_roberta, &tokenizer, &err) != IG_OK)
    fail_msg("%s", err.message);
  *state = tokenizer;
  return 0;
}

static int close_tokenizer(void **state) {
  ig_tokenizer_free(*state);
  return 0;
}

static ig_reading read_one(const ig_tokenizer *tokenizer, const char *question, bool bare) {
  const ig_reading_options options = {
      .tokenizer = tokenizer, .max_length = 60, .stride = 4, .bare = bare};
  const ig_question asked = {question, "The city."};
  ig_reading reading;
  ig_error err;
  if (ig_reading_make(&options, &asked, 1, &reading, &err) != IG_OK) fail_msg("%s", err.message);
  return reading;
}

static bool reads_as(const ig_tokenizer *tokenizer, const char *question, bool bare,
                     const char *other) {
  ig_reading a = read_one(tokenizer, question, bare), b = read_one(tokenizer, other, false);
  assert_null(a.questions[0].problem);
  assert_int_equal(a.window_count, 1);
  const ig_ids *x = &a.windows[0].ids, *y = &b.windows[0].ids;
  const bool same = x->count == y->count && memcmp(x->ids, y->ids, x->count * sizeof *x->ids) == 0;
  ig_reading_free(&a);
  ig_reading_free(&b);
  return same;
}

static void white_space_before_a_question(void **state) {
  assert_true(reads_as(*state, " \t\xC2\xA0\xE3\x80\x80Who is it?", true, "Who is it?"));
  assert_true(reads_as(*state, "Who is it? ", true, "Who is it? "));
  assert_false(reads_as(*state, "  Who is it?", false, "Who is it?"));
}

static void what_is_no_question(void **state) {
  static const char *const texts[] = {" \n ", " \xC2 who", " \xff"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    ig_reading reading = read_one(*state, texts[i], true);
    assert_non_null(reading.questions[0].problem);
    assert_int_equal(reading.window_count, 0);
    ig_reading_free(&reading);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(white_space_before_a_question),
                                     cmocka_unit_test(what_is_no_question)};
  return cmocka_run_group_tests(tests, open_tokenizer, close_tokenizer);
}
