// Every metric, tokenizer and case gives the lines that sacreBLEU printed (tests/golden/metric).
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "ingot_score.h"

enum { MOST_LINES = 64 };

typedef struct text {
  char *content;
  const char *lines[MOST_LINES];
  size_t count;
} text;

static text read_text(const char *name) {
  text t = {0};
  ig_error err;
  size_t size;
  char path[512];
  const char *root = getenv("INGOT_SOURCE");
  snprintf(path, sizeof path, "%s/tests/golden/metric/%s", root ? root : ".", name);
  if (ig_file_load(path, &t.content, &size, &err) != IG_OK) fail_msg("%s", err.message);
  for (char *at = t.content, *end; (end = strchr(at, '\n')); at = end + 1) {
    *end = 0;
    assert_true(t.count < MOST_LINES);
    t.lines[t.count++] = at;
  }
  return t;
}

// The options and the line of one row of expected.tsv.
static const char *parse_row(const char *row, char tokenizer[16], ig_score_options *options) {
  char metric[8];
  int lower, order, used = 0;
  assert_int_equal(sscanf(row, "%7s %15s %d %d %n", metric, tokenizer, &lower, &order, &used), 4);
  *options = (ig_score_options){.metric = strcmp(metric, "bleu") == 0   ? IG_METRIC_BLEU
                                          : strcmp(metric, "chrf") == 0 ? IG_METRIC_CHRF
                                                                        : IG_METRIC_TER,
                                .tokenize = strcmp(tokenizer, "-") ? tokenizer : NULL,
                                .lowercase = lower != 0,
                                .chrf_word_order = order};
  return row + used;
}

static void lines_are_sacrebleus(void **state) {
  (void)state;
  text h = read_text("hypotheses.txt"), r = read_text("references.txt"),
       expected = read_text("expected.tsv");
  assert_int_equal(h.count, r.count);
  assert_int_equal(expected.count, 15);
  for (size_t i = 0; i < expected.count; i++) {
    char tokenizer[16];
    ig_score_options options;
    ig_score score;
    ig_error err;
    const char *line = parse_row(expected.lines[i], tokenizer, &options);
    if (ig_score_lines(&options, h.lines, r.lines, h.count, &score, &err) != IG_OK)
      fail_msg("%s", err.message);
    assert_string_equal(score.line, line);
    // The negative control: one word less in one line changes the result of every metric.
    const char *kept = h.lines[11];
    h.lines[11] = "seven eight nine ten eleven twelve one two three four five";
    assert_int_equal(ig_score_lines(&options, h.lines, r.lines, h.count, &score, &err), IG_OK);
    assert_string_not_equal(score.line, line);
    h.lines[11] = kept;
  }
  free(h.content);
  free(r.content);
  free(expected.content);
}

static double value(ig_metric metric, const char *hypothesis, const char *reference) {
  const ig_score_options options = {.metric = metric};
  ig_score score;
  assert_int_equal(ig_score_lines(&options, &hypothesis, &reference, 1, &score, NULL), IG_OK);
  return score.value;
}

static void edges_are_defined(void **state) {
  (void)state;
  assert_true(value(IG_METRIC_BLEU, "", "a b") == 0 && value(IG_METRIC_BLEU, "a b", "") == 0 &&
              value(IG_METRIC_BLEU, "", "") == 0);
  assert_true(value(IG_METRIC_CHRF, "", "a b") == 0 && value(IG_METRIC_CHRF, "", "") == 0);
  assert_true(value(IG_METRIC_TER, "", "a b") == 100 && value(IG_METRIC_TER, "a", "") == 100 &&
              value(IG_METRIC_TER, "", "") == 0);
  assert_true(value(IG_METRIC_TER, "b c a", "a b c") > 33.3 &&
              value(IG_METRIC_TER, "b c a", "a b c") < 33.4);  // one shift
  assert_true(value(IG_METRIC_CHRF, "ab", "ab") > 99.999);
}

// The references of a line come together, and each adds to the score.
static void several_references(void **state) {
  (void)state;
  static const char *const lines[] = {"a b c d e", "f g h i j"}, *const references[] = {
                                                                     "x y", "a b c d e",
                                                                     "f g h i j", "z"};
  for (int metric = IG_METRIC_BLEU; metric <= IG_METRIC_ROUGE_LSUM; metric++) {
    ig_score_options options = {.metric = (ig_metric)metric, .reference_count = 2};
    const double best = metric == IG_METRIC_TER ? 0.0 : 100.0;
    ig_score score;
    assert_int_equal(ig_score_lines(&options, lines, references, 2, &score, NULL), IG_OK);
    assert_true(score.value > best - 1e-9 && score.value < best + 1e-9);
    assert_non_null(strstr(score.line, "|nrefs:2|"));
    options.reference_count = 1;
    assert_int_equal(ig_score_lines(&options, lines, references, 2, &score, NULL), IG_OK);
    assert_true(score.value < best - 1 || score.value > best + 1);
    options.reference_count = 1000;
    assert_int_equal(ig_score_lines(&options, lines, references, 2, &score, NULL),
                     IG_ERROR_ARGUMENT);
  }
}

static void wrong_input_is_refused(void **state) {
  (void)state;
  ig_error err;
  ig_score score;
  const char *good[] = {"fine", "fine"}, *bad[] = {"fine", "not \xff fine"};
  ig_score_options options = {.metric = IG_METRIC_BLEU, .strict = true};
  assert_int_equal(ig_score_lines(&options, bad, good, 2, &score, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "hypothesis line 2"));
  assert_non_null(strstr(err.message, "byte 5"));
  options.tokenize = "14b";
  assert_int_equal(ig_score_lines(&options, good, good, 2, &score, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "14b"));
  assert_int_equal(
      ig_score_lines(&(ig_score_options){.metric = IG_METRIC_TER}, good, good, 0, &score, &err),
      IG_ERROR_ARGUMENT);
  assert_int_equal(
      ig_score_lines(&(ig_score_options){.metric = (ig_metric)9}, good, good, 2, &score, &err),
      IG_ERROR_ARGUMENT);
}

// A byte that is no text is a letter that does not match, in either file.
static void bad_bytes_are_letters(void **state) {
  (void)state;
  const char *bad[] = {"fine", "not \xff fine"}, *mended[] = {"fine", "not \xef\xbf\xbd fine"};
  const ig_score_options options = {.metric = IG_METRIC_CHRF};
  ig_score score;
  assert_int_equal(ig_score_lines(&options, bad, mended, 2, &score, NULL), IG_OK);
  assert_true(score.value > 99.999);
  assert_int_equal(score.repaired, 1);
  assert_int_equal(ig_score_lines(&options, bad, bad, 2, &score, NULL), IG_OK);
  assert_int_equal(score.repaired, 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_are_sacrebleus), cmocka_unit_test(edges_are_defined),
      cmocka_unit_test(several_references), cmocka_unit_test(wrong_input_is_refused),
      cmocka_unit_test(bad_bytes_are_letters)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
