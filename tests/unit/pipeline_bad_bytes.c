// Streams of which a line is no text, or whose reading fails: what is finished is written.
#include "translator_fixture.h"

// The line that is refused ends the stream, but those before it are written.
static void test_strict_names_the_line(void **state) {
  (void)state;
  const char *lines[] = {"w1", "w2", "w\xc3(", "w3"};
  streams s = {.lines = lines, .count = 4}, good = {.lines = lines, .count = 2};
  translate(options_of(1, 1), &good);
  ig_translator_options o = options_of(1, 1);
  o.strict = true;
  ig_translator *t = open_with(o);
  ig_error err = {0};
  assert_int_equal(
      ig_translate_lines(
          t, &(ig_line_stream){.read = read_line, .write = write_line, .context = &s}, NULL, &err),
      IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "line 3"));
  expect_same(&s, &good);
  assert_int_equal(ig_translator_stats(t).repaired, 0);
  release(&s);
  release(&good);
  // The translator is as good as new.
  s.count = 2;
  translate_with(t, &s);
  translate(options_of(1, 1), &good);
  expect_same(&s, &good);
  release(&s);
  release(&good);
  ig_translator_free(t);
}

static ig_status read_broken(void *context, const char **line, size_t *length, ig_error *err) {
  streams *s = context;
  if (s->next < s->count) return read_line(context, line, length, err);
  snprintf(err->message, sizeof err->message, "the disk is gone");
  return err->status = IG_ERROR_IO;
}

// What was read before a failure is translated and written.
static void test_failing_reads_lose_nothing(void **state) {
  (void)state;
  const char *lines[] = {"w1", "w2", "", "w3"};
  streams s = {.lines = lines, .count = 4}, good = {.lines = lines, .count = 4};
  translate(options_of(1, 1), &good);
  ig_translator *t = open_with(options_of(1, 1));
  const ig_line_stream stream = {.read = read_broken, .write = write_line, .context = &s};
  ig_error err = {0};
  assert_int_equal(ig_translate_lines(t, &stream, NULL, &err), IG_ERROR_IO);
  assert_string_equal(err.message, "the disk is gone");
  expect_same(&s, &good);
  release(&s);
  release(&good);
  ig_translator_free(t);
}

// Messages count from the lines that were done before.
static void test_lines_before(void **state) {
  (void)state;
  const char *lines[] = {"w1", "w\xc3( w2"};
  streams s = {.lines = lines, .count = 2};
  ig_translator *t = open_with(options_of(1, 1));
  const ig_line_stream stream = {
      .read = read_line, .write = write_line, .context = &s, .lines_before = 4000};
  const ig_reporter reporter = {.message = keep_warning, .context = &s};
  assert_int_equal(ig_translate_lines(t, &stream, &reporter, NULL), IG_OK);
  assert_string_equal(s.warning, "line 4002: byte 2 (0xC3) is not UTF-8: read as U+FFFD");
  release(&s);
  ig_translator_free(t);
}

// Lines that are no text are translated as if U+FFFD and spaces stood there, and told.
static void test_bad_bytes_are_repaired(void **state) {
  (void)state;
  static const char nul[] = "w1\0w2";
  const char *lines[] = {"w1", "w\xc3( w2", "w3"}, *mended[] = {"w1", "w\xef\xbf\xbd( w2", "w3"};
  streams s = {.lines = lines, .count = 3}, good = {.lines = mended, .count = 3};
  translate(options_of(1, 1), &good);
  assert_non_null(strstr(good.warning, "line 2: the vocabulary lacks"));
  translate(options_of(1, 1), &s);
  assert_string_equal(s.warning, "line 2: byte 2 (0xC3) is not UTF-8: read as U+FFFD");
  expect_same(&s, &good);
  release(&s);
  release(&good);
  ig_translator *t = open_with(options_of(1, 1));
  char *one, *other;
  assert_int_equal(ig_translate(t, lines[1], &one, NULL), IG_OK);
  assert_int_equal(ig_translate(t, mended[1], &other, NULL), IG_OK);
  assert_string_equal(one, other);
  assert_int_equal(ig_translator_stats(t).repaired, 1);
  free(one);
  // A line with a NUL, as only a stream can give it.
  assert_int_equal(ig_translate(t, "w1 w2", &one, NULL), IG_OK);
  streams zero = {.lines = (const char *const[]){nul}, .count = 1, .lengths = &(size_t){5}};
  translate_with(t, &zero);
  assert_int_equal(zero.written, 1);
  assert_string_equal(zero.out[0], one);
  assert_string_equal(zero.warning, "line 1: byte 3 is NUL: read as a space");
  assert_int_equal(ig_translator_stats(t).repaired, 2);
  release(&zero);
  free(one);
  free(other);
  ig_translator_free(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_strict_names_the_line),
      cmocka_unit_test(test_failing_reads_lose_nothing),
      cmocka_unit_test(test_lines_before),
      cmocka_unit_test(test_bad_bytes_are_repaired),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
