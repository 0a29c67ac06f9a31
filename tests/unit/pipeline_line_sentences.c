// Lines of several sentences: each is translated alone, and they are joined with the white space of
// the source.
#include "translator_fixture.h"

static void test_sentences_of_a_line_are_joined(void **state) {
  (void)state;
  static const char *const sentences[] = {"w1 w2 w3 two!", "w4 w5 w6 six!", "w7 w8", NULL};
  static const char *const gaps[] = {" ", " \t  "};
  const char *lines[] = {"w9 w9", " w1 w2 w3 two! w4 w5 w6 six! \t  w7 w8 ", "", "w1"};
  streams s = {.lines = lines, .count = 4};
  ig_translator_options o = options_of(2, 1);
  o.min_length = o.max_length = 6;
  ig_translator *t = open_with(o);
  char *joined = join_alone(t, sentences, gaps);
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &s};
  const size_t before = ig_translator_stats(t).sentences;
  assert_int_equal(ig_translate_lines(t, &stream, NULL, NULL), IG_OK);
  assert_int_equal(s.written, 4);
  assert_string_equal(s.out[1], joined);
  assert_string_equal(s.out[2], "");
  assert_int_equal(ig_translator_stats(t).sentences - before, 6);
  assert_int_equal(ig_translator_stats(t).lines, 3 + 4);
  release(&s);
  ig_translator_free(t);
  free(joined);
}

// Off by the option, with ids, and with several translations: the line is one sentence.
static void test_what_is_not_split(void **state) {
  (void)state;
  const char *lines[] = {"w1 w2 w3 two! w4 w5 w6 six!"};
  ig_translator_options off = options_of(2, 1), ids = options_of(2, 1), best = options_of(2, 2);
  off.split_sentences = IG_SPLIT_SENTENCES_OFF;
  ids.ids_out = true;
  const ig_translator_options options[] = {off, ids, best, options_of(2, 1)};
  for (size_t i = 0; i < 4; i++) {
    streams s = {.lines = lines, .count = 1};
    ig_translator *t = open_with(options[i]);
    const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &s};
    assert_int_equal(ig_translate_lines(t, &stream, NULL, NULL), IG_OK);
    assert_int_equal(ig_translator_stats(t).sentences, i < 3 ? 1 : 2);
    assert_int_equal(ig_translator_stats(t).lines, 1);
    release(&s);
    s = (streams){.lines = lines, .targets = lines, .count = 1, .target_count = 1};
    assert_int_equal(ig_score_targets(t, &stream, read_target, NULL, NULL), IG_OK);
    assert_int_equal(ig_translator_stats(t).sentences, i < 3 ? 2 : 3);
    release(&s);
    ig_translator_free(t);
  }
  ig_translator_options o = options_of(1, 1);
  o.split_sentences = (ig_split_sentences)7;
  ig_translator *t;
  ig_error err = {0};
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "split_sentences"));
}

// A text has lines of its own, which are kept; a line of a stream is one line.
static void test_line_breaks(void **state) {
  (void)state;
  static const char *const sentences[] = {"w1 w2", "w3 w4 four!", "w5 w6", NULL};
  static const char *const breaks[] = {"\n\n", "\r\n"}, *const spaces[] = {"  ", "  "};
  const char *lines[] = {"w1 w2\n\nw3 w4 four!\r\nw5 w6"};
  ig_translator_options o = options_of(1, 1);
  o.min_length = o.max_length = 6;
  ig_translator *t = open_with(o);
  char *kept = join_alone(t, sentences, breaks), *flat = join_alone(t, sentences, spaces), *out;
  assert_int_equal(ig_translate(t, lines[0], &out, NULL), IG_OK);
  assert_string_equal(out, kept);
  streams s = {.lines = lines, .count = 1};
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &s};
  assert_int_equal(ig_translate_lines(t, &stream, NULL, NULL), IG_OK);
  assert_int_equal(s.written, 1);
  assert_string_equal(s.out[0], flat);
  release(&s);
  ig_translator_free(t);
  free(out);
  free(kept);
  free(flat);
}

// Of the reports: how many were within the second line, and the last.
typedef struct line_reports {
  int within;
  double done, total;
} line_reports;

static void keep_reports(void *context, const ig_progress *progress) {
  line_reports *r = context;
  assert_true(progress->done >= r->done);
  r->done = progress->done;
  r->total = progress->total;
  r->within += r->done > 1 && r->done < 2;
}

// A line of more sentences than a window holds, among short ones: every sentence comes, in its
// order. Each is one of four, so that few need to be translated alone!
static void test_a_line_of_many_sentences(void **state) {
  (void)state;
  enum { SENTENCES = 20000 };
  static const char *const kinds[] = {"w1 one!", "w2 w3 two!", "w4 w5 w6 six!", "w7 ten!"};
  ig_translator_options o = options_of(1, 1);
  o.min_length = o.max_length = 3;
  ig_translator *t = open_with(o);
  char *alone[4], *text = malloc(SENTENCES * 16), *expected = malloc(SENTENCES * 32);
  for (int k = 0; k < 4; k++) assert_int_equal(ig_translate(t, kinds[k], &alone[k], NULL), IG_OK);
  size_t length = 0, expected_length = 0;
  for (int i = 0; i < SENTENCES; i++) {
    const char *gap = i == 0 ? "" : " ";
    length += (size_t)sprintf(text + length, "%s%s", gap, kinds[i * 7 / 5 % 4]);
    expected_length +=
        (size_t)sprintf(expected + expected_length, "%s%s", gap, alone[i * 7 / 5 % 4]);
  }
  const char *lines[] = {"w1 one!", text, "w7 ten!"};
  streams s = {.lines = lines, .count = 3};
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &s};
  line_reports reports = {0};
  const ig_reporter reporter = {.progress = keep_reports, .context = &reports};
  assert_int_equal(ig_translate_lines(t, &stream, &reporter, NULL), IG_OK);
  assert_true(reports.within >= 2);  // it goes through three windows at least
  assert_true(reports.done == 3 && reports.total == 3);
  assert_int_equal(s.written, 3);
  assert_string_equal(s.out[0], alone[0]);
  assert_true(strcmp(s.out[1], expected) == 0);
  assert_string_equal(s.out[2], alone[3]);
  release(&s);
  ig_translator_free(t);
  for (int k = 0; k < 4; k++) free(alone[k]);
  free(text);
  free(expected);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sentences_of_a_line_are_joined),
      cmocka_unit_test(test_what_is_not_split),
      cmocka_unit_test(test_line_breaks),
      cmocka_unit_test(test_a_line_of_many_sentences),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
