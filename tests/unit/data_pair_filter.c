// Which pairs the filters leave out, and for which reason.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "data/pair_filter.h"

static ig_pair_verdict judge(ig_pair_filter *f, const char *source, const char *target,
                             size_t source_tokens, size_t target_tokens) {
  const ig_pair pair = {
      .text = {source, target}, .length = {strlen(source), strlen(target)}, .line = 1};
  ig_pair_verdict verdict;
  assert_int_equal(ig_pair_filter_judge(f, &pair, (const size_t[]){source_tokens, target_tokens},
                                        &verdict, NULL),
                   IG_OK);
  return verdict;
}

static void each_reason(void **state) {
  (void)state;
  ig_pair_filter f = {.filters = {.max_ratio = 2,
                                  .identical = true,
                                  .duplicates = true,
                                  .writings = {ig_writing_find("Latin"), ig_writing_find("Han")}}};
  assert_int_equal(judge(&f, "hello", "\xe4\xbd\xa0\xe5\xa5\xbd", 1, 2), IG_PAIR_VERDICT_KEPT);
  assert_int_equal(judge(&f, " hello", "\xe4\xbd\xa0\xe5\xa5\xbd\t", 1, 2),
                   IG_PAIR_VERDICT_DUPLICATE);
  assert_int_equal(judge(&f, "hell", "\xe4\xbd\xa0\xe5\xa5\xbd", 1, 2), IG_PAIR_VERDICT_KEPT);
  assert_int_equal(judge(&f, "hello", "hello ", 1, 1), IG_PAIR_VERDICT_IDENTICAL);
  assert_int_equal(judge(&f, "hello", "servus", 1, 1), IG_PAIR_VERDICT_SCRIPT);
  assert_int_equal(judge(&f, "\xe4\xbd\xa0", "\xe4\xbd\xa0\xe5\xa5\xbd", 1, 1),
                   IG_PAIR_VERDICT_SCRIPT);
  assert_int_equal(judge(&f, "b", "\xe5\xa5\xbd", 1, 3), IG_PAIR_VERDICT_RATIO);
  assert_int_equal(judge(&f, "b", "\xe5\xa5\xbd", 5, 2), IG_PAIR_VERDICT_RATIO);
  // What a filter has left out is not an earlier pair.
  assert_int_equal(judge(&f, "b", "\xe5\xa5\xbd", 2, 4), IG_PAIR_VERDICT_KEPT);
  // The same text otherwise divided is another pair.
  assert_int_equal(judge(&f, "bc 1", "1", 1, 1), IG_PAIR_VERDICT_KEPT);
  assert_int_equal(judge(&f, "bc", "11", 1, 1), IG_PAIR_VERDICT_KEPT);
  ig_pair_filter_free(&f);
}

static void no_filter_keeps_all(void **state) {
  (void)state;
  ig_pair_filter f = {.filters = {.max_ratio = 0}};
  for (int i = 0; i < 2; i++)
    assert_int_equal(judge(&f, "same", "same", 1, 90), IG_PAIR_VERDICT_KEPT);
  assert_null(f.seen);
  ig_pair_filter_free(&f);
}

// Each of many pairs is known again after the table has grown.
static void many_pairs(void **state) {
  (void)state;
  ig_pair_filter f = {.filters = {.duplicates = true}};
  for (int round = 0; round < 2; round++)
    for (int i = 0; i < 50000; i++) {
      char text[16];
      snprintf(text, sizeof text, "%d", i);
      assert_int_equal(judge(&f, text, "x", 1, 1),
                       round ? IG_PAIR_VERDICT_DUPLICATE : IG_PAIR_VERDICT_KEPT);
    }
  assert_int_equal(f.count, 50000);
  ig_pair_filter_free(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_reason),
      cmocka_unit_test(no_filter_keeps_all),
      cmocka_unit_test(many_pairs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
