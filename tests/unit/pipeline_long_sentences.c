// Sentences with more tokens than the model has positions: divided where lines are split into
// sentences, else truncated; told in both cases.
#include "translator_fixture.h"

static ig_translator_options unsplit(void) {
  ig_translator_options o = options_of(1, 1);
  o.split_sentences = IG_SPLIT_SENTENCES_OFF;
  return o;
}

static void test_long_line_is_truncated_with_a_warning(void **state) {
  (void)state;
  char text[400] = "";
  for (int i = 0; i < 60; i++) strcat(text, "w3 ");
  const char *lines[] = {"w1", text};
  streams s = {.lines = lines, .count = 2};
  translate(unsplit(), &s);
  assert_non_null(strstr(s.warning, "line 2: 61 source tokens"));
  release(&s);
  ig_translator *t = open_with(unsplit());
  char *out;
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(ig_translate(t, lines[i], &out, NULL), IG_OK);
    assert_int_equal(ig_translator_stats(t).truncated, i);
    assert_int_equal(ig_translator_stats(t).divided, 0);
    free(out);
  }
  ig_translator_free(t);
}

static void count_warnings(void *context, ig_level level, const char *text) {
  if (level != IG_LEVEL_WARNING) return;
  if (strstr(text, "source tokens, but the model has positions")) ++*(int *)context;
  if (strstr(text, "14 sentences longer than the model's positions and cut"))
    *(int *)context += 100;
  if (strstr(text, "14 sentences longer than the model's positions and translated in parts"))
    *(int *)context += 1000;
}

// A file of nothing but long lines does not flood the log; each stream begins anew.
static void test_many_long_lines_are_counted(void **state) {
  (void)state;
  char text[400] = "";
  for (int i = 0; i < 60; i++) strcat(text, "w3 ");
  const char *lines[14];
  for (int i = 0; i < 14; i++) lines[i] = text;
  for (int divided = 0; divided < 2; divided++) {
    ig_translator *t = open_with(divided ? options_of(1, 1) : unsplit());
    for (int again = 0; again < 2; again++) {
      int warnings = 0;
      streams s = {.lines = lines, .count = 14};
      const ig_reporter reporter = {.message = count_warnings, .context = &warnings};
      const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &s};
      assert_int_equal(ig_translate_lines(t, &stream, &reporter, NULL), IG_OK);
      assert_int_equal(warnings, divided ? 1010 : 110);
      assert_int_equal(s.written, 14);
      release(&s);
    }
    assert_int_equal(ig_translator_stats(t).truncated, divided ? 0 : 28);
    assert_int_equal(ig_translator_stats(t).divided, divided ? 28 : 0);
    ig_translator_free(t);
  }
}

// Scoring truncates the source as translating does, and reports it too.
static void test_a_long_source_is_scored_with_a_warning(void **state) {
  (void)state;
  char text[400] = "";
  for (int i = 0; i < 60; i++) strcat(text, "w3 ");
  const char *lines[] = {"w1", text}, *targets[] = {"w2", "w2"};
  streams s = {.lines = lines, .targets = targets, .count = 2, .target_count = 2};
  ig_translator *t = open_with(options_of(1, 1));
  const ig_reporter reporter = {.message = keep_warning, .context = &s};
  ig_error err = {0};
  if (ig_score_targets(t, &(ig_line_stream){.read = read_line, .write = write_line, .context = &s},
                       read_target, &reporter, &err) != IG_OK)
    fail_msg("%s", err.message);
  assert_non_null(strstr(s.warning, "line 2: 61 source tokens"));
  ig_translator_free(t);
  release(&s);
}

// 60 words for 47 positions: they are divided into clauses, of about a fourth of the positions,
// which are joined by the white space between them.
static void test_long_sentences_are_divided(void **state) {
  (void)state;
  enum { CLAUSES = 10 };
  char parts[CLAUSES][64], text[1024] = " ";
  const char *sentences[CLAUSES + 1] = {NULL}, *gaps[CLAUSES];
  for (int i = 0; i < CLAUSES; i++) {
    sprintf(parts[i], "w%d w2 w3 w4 w5 w%d%s", i, i + 5, i + 1 < CLAUSES ? "," : "");
    sentences[i] = parts[i];
    gaps[i] = i % 2 ? " " : "\t ";
    strcat(strcat(text, parts[i]), gaps[i]);
  }
  const char *lines[] = {"w1 w2", text, "w7"};
  ig_translator_options o = options_of(1, 1);
  o.min_length = o.max_length = 6;
  ig_translator *t = open_with(o);
  char *joined = join_alone(t, sentences, gaps);
  const ig_translate_stats before = ig_translator_stats(t);
  streams s = {.lines = lines, .count = 3};
  const ig_reporter reporter = {.message = keep_warning, .context = &s};
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &s};
  assert_int_equal(ig_translate_lines(t, &stream, &reporter, NULL), IG_OK);
  assert_int_equal(s.written, 3);
  assert_string_equal(s.out[1], joined);
  assert_non_null(strstr(s.warning,
                         "line 2: a sentence of 61 source tokens, but the model has "
                         "positions for 48: it is translated in 10 parts"));
  assert_int_equal(ig_translator_stats(t).sentences - before.sentences, 2 + CLAUSES);
  assert_int_equal(ig_translator_stats(t).truncated, 0);
  release(&s);
  ig_translator_free(t);
  free(joined);
}

// Among sentences that fit, and with tokens that belong to each part: every word is translated.
static void test_no_word_of_a_long_sentence_is_lost(void **state) {
  (void)state;
  enum { WORDS_OF_A_LINE = 300 };
  char text[4096] = ">>de<< Wow! ";
  for (int i = 0; i < WORDS_OF_A_LINE; i++)
    sprintf(text + strlen(text), "w%d%s ", i % WORDS, i % 11 == 10 ? "," : "");
  strcat(text, "! Wow.");
  const char *lines[] = {text, "w1", text};
  ig_translator *t = open_with(options_of(2, 1));
  streams s = {.lines = lines, .count = 3};
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &s};
  assert_int_equal(ig_translate_lines(t, &stream, NULL, NULL), IG_OK);
  assert_int_equal(s.written, 3);
  assert_string_equal(s.out[0], s.out[2]);
  const ig_translate_stats stats = ig_translator_stats(t);
  assert_int_equal(stats.divided, 2);
  assert_int_equal(stats.truncated, 0);
  // Each sentence and each part has an end token, and in lines 1 and 3 a language token.
  const size_t tokens = 2 * (1 + WORDS_OF_A_LINE + 1 + 1) + 1;
  assert_int_equal(stats.source_tokens, tokens + stats.sentences + (stats.sentences - 1));
  assert_true(stats.sentences > 2 * (2 + WORDS_OF_A_LINE / 48));
  assert_true(stats.sentences < 2 * (2 + WORDS_OF_A_LINE / 6));
  release(&s);
  ig_translator_free(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_long_line_is_truncated_with_a_warning),
      cmocka_unit_test(test_many_long_lines_are_counted),
      cmocka_unit_test(test_a_long_source_is_scored_with_a_warning),
      cmocka_unit_test(test_long_sentences_are_divided),
      cmocka_unit_test(test_no_word_of_a_long_sentence_is_lost),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
