// The first look at parallel text: what is wrong with it, and the codes that begin its lines.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/survey.h"

static char directory[] = "/tmp/ingot-survey-XXXXXX";

static void write_text(const char *path, const char *text) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
  fclose(file);
}

static bool strict;

static ig_status survey(const char *source, const char *target, ig_survey *out, ig_error *err) {
  write_text("s", source);
  write_text("t", target);
  const char *const sources[] = {"s"}, *const targets[] = {"t"};
  *err = (ig_error){0};
  return ig_survey_files(&(ig_corpus_files){.source = sources, .target = targets, .count = 1},
                         strict, out, err);
}

static void codes(void **state) {
  (void)state;
  ig_survey s;
  ig_error err;
  assert_int_equal(survey(">>de<< a\n>>de<< b\n>>zh-Hans<<c\n>>Halt, da!<< d\n>> << e\nf >>fr<<\n"
                          ">><< g\n>>x\n",
                          "1\n2\n3\n4\n5\n6\n>>en<< 7\n8\n", &s, &err),
                   IG_OK);
  assert_int_equal(s.lines, 8);
  assert_int_equal(s.pairs, 8);
  char list[128];
  assert_int_equal(ig_tally_describe(&s.codes[IG_SIDE_SOURCE], 9, list, sizeof list, &err), IG_OK);
  assert_string_equal(list, "'>>de<<' 2, '>>zh-Hans<<' 1");
  assert_int_equal(ig_tally_describe(&s.codes[IG_SIDE_TARGET], 9, list, sizeof list, &err), IG_OK);
  assert_string_equal(list, "'>>en<<' 1");
  ig_survey_free(&s);
}

static void wrong_files(void **state) {
  (void)state;
  ig_survey s;
  ig_error err;
  assert_int_equal(survey("a\nb\nc\n", "a\nb\nc\nd\ne\n", &s, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "s has 3 lines, t has 5"));
  assert_int_equal(survey("a\nb\n", "a\n", &s, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "s has 2 lines, t has 1"));
  assert_int_equal(survey("a\nb\n", "a\nb \xff\n", &s, &err), IG_OK);  // repaired on loading
  ig_survey_free(&s);
  strict = true;
  assert_int_equal(survey("a\nb\n", "a\nb \xff\n", &s, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "t:2: "));
  assert_int_equal(survey("", "", &s, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "found none in 0 lines"));
  assert_int_equal(survey("a\n \n", "\t\nb\n", &s, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "found none in 2 lines"));
  const char *const nowhere[] = {"nowhere"};
  assert_int_equal(
      ig_survey_files(&(ig_corpus_files){.source = nowhere, .target = nowhere, .count = 1}, false,
                      &s, &err),
      IG_ERROR_IO);
  assert_int_equal(ig_survey_files(&(ig_corpus_files){0}, false, &s, &err),
                   IG_OK);  // no validation
}

static int set_up(void **state) {
  (void)state;
  return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  unlink("s");
  unlink("t");
  return chdir("/") || rmdir(directory) ? -1 : 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(codes),
      cmocka_unit_test(wrong_files),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
