// ig_score_squad: options that contradict each other or the file, what the callback is told, and
// words that NLTK cuts. The figures are those of tests/golden/squad.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ingot_score.h"
#include "metric/treebank_words.h"
#include "metric/words.h"

static const char *golden(const char *name) {
  static char paths[4][600];
  static size_t next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/tests/golden/squad/%s", getenv("INGOT_SOURCE"), name);
  return path;
}

static ig_squad_score score_answers(const ig_squad_options *options, const char *reference) {
  ig_squad_score score;
  ig_error err = {0};
  if (ig_score_squad(options, golden(reference), golden("predictions.json"), &score, &err))
    fail_msg("%s", err.message);
  return score;
}

static void figures_are_the_scripts(void **state) {
  (void)state;
  ig_squad_score score = score_answers(NULL, "answers.json");
  assert_int_equal(score.rules, IG_SQUAD_RULES_V1);
  assert_true(score.all.exact == 29.41176470588235 && score.all.f1 == 48.03275156216333);
  assert_int_equal(score.answerable.total, 0);
  const double threshold = 0.625;
  score = score_answers(&(ig_squad_options){.null_odds = golden("odds.json")}, "questions.json");
  assert_int_equal(score.rules, IG_SQUAD_RULES_V2);
  assert_true(score.has_best && score.best_f1 == 54.94901494901495);
  assert_true(score.all.exact == 28.205128205128204);
  score = score_answers(
      &(ig_squad_options){.null_odds = golden("odds.json"), .null_threshold = &threshold},
      "questions.json");
  assert_true(score.all.f1 == 32.637362637362635 && score.unanswerable.exact == 80);
  score = score_answers(&(ig_squad_options){.rules = IG_SQUAD_RULES_CMRC}, "answers.json");
  assert_true(score.all.f1 == 48.344286432521734 && score.all.exact == 5.882352941176471);
  assert_int_equal(score.missing, 1);
  assert_int_equal(score.unknown, 5);
  score = score_answers(&(ig_squad_options){.rules = IG_SQUAD_RULES_MLQA, .language = "ar"},
                        "answers.json");
  assert_true(score.all.f1 == 51.529483588307116);
}

static void add_question(void *context, const ig_squad_question_score *q) {
  double *sums = context;
  sums[0] += q->exact;
  sums[1] += q->f1;
  sums[2] += 1;
  if (strcmp(q->id, "q01") == 0) {
    assert_string_equal(q->prediction, "the river of Alps");
    assert_string_equal(q->answer, "a river of the Alps");
  }
  if (strcmp(q->id, "q32") == 0) assert_null(q->prediction);
}

static void questions_are_told(void **state) {
  (void)state;
  double sums[3] = {0};
  const ig_squad_score score = score_answers(
      &(ig_squad_options){.question = add_question, .question_context = sums}, "answers.json");
  assert_true(100.0 * sums[0] / sums[2] == score.all.exact);
  assert_true(100.0 * sums[1] / sums[2] == score.all.f1);
}

static void wrong_options_are_refused(void **state) {
  (void)state;
  const struct {
    ig_squad_options options;
    const char *message;
  } cases[] = {
      {{.rules = (ig_squad_rules)9}, "rules: expected"},
      {{.language = "de"}, "only IG_SQUAD_RULES_MLQA has languages"},
      {{.rules = IG_SQUAD_RULES_MLQA, .language = "fr"}, "found \"fr\""},
      {{.rules = IG_SQUAD_RULES_V1, .null_odds = "x"}, "only the rules of SQuAD 2.0"},
      {{.null_odds = "missing"}, "missing"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ig_squad_score score;
    ig_error err = {0};
    assert_int_not_equal(ig_score_squad(&cases[i].options, golden("questions.json"),
                                        golden("predictions.json"), &score, &err),
                         IG_OK);
    if (!strstr(err.message, cases[i].message)) fail_msg("found \"%s\"", err.message);
  }
}

// What nltk.word_tokenize(text, preserve_line=True) of NLTK 3.10.4 says.
static void words_are_those_of_nltk(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"\"it's 'quoted',\" he said.", "`` it 's ' quoted ' , '' he said ."},
      {"(see 3,5 and 4, etc.)", "( see 3,5 and 4 , etc . )"},
      {"u.s. and e.g. more... ", "u.s. and e.g. more ..."},
      {"cannot 'tis gimme they'll don't wanna go",
       "can not ' tis gim me they 'll do n't wan na go"},
      {"a&b; 50% of $3!", "a & b ; 50 % of $ 3 !"},
      {"the boys' toys' end'", "the boys ' toys ' end '"},
      {"\xE2\x80\x9Cx\xE2\x80\x9D y \xE2\x80\x93 z",
       "\xE2\x80\x9C x \xE2\x80\x9D y \xE2\x80\x93 z"},
      {"x.y: z, \"a\" [b]{c}<d> -- ``e`` ''f'' *",
       "x.y : z , `` a '' [ b ] { c } < d > -- `` e `` `` f '' *"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ig_codes text = {0}, expected = {0};
    ig_words words = {0};
    ig_error err;
    size_t at = 0;
    assert_int_equal(ig_codes_decode(&text, cases[i][0], &err), IG_OK);
    assert_int_equal(ig_codes_decode(&expected, cases[i][1], &err), IG_OK);
    assert_int_equal(ig_treebank_words_cut(&text, &err), IG_OK);
    assert_int_equal(ig_words_split(&words, &text, &err), IG_OK);
    for (size_t w = 0; w < words.count; w++) {
      if (w > 0 && expected.points[at++] != ' ') fail_msg("%s: word %zu", cases[i][0], w);
      for (size_t k = words.begin[w]; k < words.end[w]; k++)
        if (at >= expected.count || expected.points[at++] != text.points[k])
          fail_msg("%s: word %zu", cases[i][0], w);
    }
    assert_int_equal(at, expected.count);
    ig_words_free(&words);
    ig_codes_free(&expected);
    ig_codes_free(&text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(figures_are_the_scripts),
      cmocka_unit_test(questions_are_told),
      cmocka_unit_test(wrong_options_are_refused),
      cmocka_unit_test(words_are_those_of_nltk),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
