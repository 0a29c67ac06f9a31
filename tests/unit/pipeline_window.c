// Windows of lines: ids from ids, errors with the line's number.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "pipeline/window.h"

static const ig_source_encoding sources[] = {{.vocabulary = 100, .longest = 6},
                                             {.vocabulary = 80, .longest = 4}};
static const ig_encoding by_id = {
    .sources = sources, .ids_in = true, .target_vocabulary = 50, .longest_target = 6};

static void add(ig_window *w, const char *source, const char *target) {
  const ig_window_input line = {.number = w->count + 1,
                                .source = {source, strlen(source)},
                                .target = {target, target ? strlen(target) : 0},
                                .ends_line = true};
  assert_int_equal(ig_window_add(w, &line, NULL), IG_OK);
}

static void test_ids(void **state) {
  (void)state;
  ig_window w = {.members = 1};
  add(&w, "  5 99\t0 \r", NULL);
  add(&w, "", NULL);
  add(&w, "1 2 3 4 5 6 7 8", NULL);
  assert_int_equal(ig_window_encode(&w, &by_id, NULL, NULL), IG_OK);
  assert_int_equal(w.sentences[0].sources[0].count, 3);
  assert_int_equal(w.sentences[0].sources[0].ids[1], 99);
  assert_int_equal(w.sentences[1].sources[0].count, 0);
  assert_int_equal(w.sentences[2].sources[0].count, 6);  // truncated, its end kept
  assert_int_equal(w.sentences[2].sources[0].ids[5], 8);
  assert_int_equal(w.sentences[2].sources[0].ids[4], 5);
  assert_int_equal(w.sentences[2].truncated_from, 8);
  assert_int_equal(w.sentences[2].truncated_to, 6);
  ig_window_free(&w);
}

static void test_bad_ids_name_the_line(void **state) {
  (void)state;
  static const char *const bad[] = {"1 x", "100", "-1", "3a", "99999999999999999999999",
                                    "1.5", "\xff"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    ig_window w = {.members = 1};
    ig_error err = {0};
    add(&w, "1 2", NULL);
    add(&w, bad[i], NULL);
    add(&w, "oops", NULL);
    assert_int_equal(ig_window_encode(&w, &by_id, NULL, &err), IG_ERROR_FORMAT);
    if (!strstr(err.message, "line 2: ")) fail_msg("'%s': %s", bad[i], err.message);
    ig_window_free(&w);
  }
}

static void test_the_lowest_line_wins(void **state) {
  (void)state;
  ig_pool *pool;
  assert_int_equal(ig_pool_create(3, &pool, NULL), IG_OK);
  ig_window w = {.members = 1};
  for (int i = 0; i < 1000; i++) add(&w, i >= 300 && i % 100 == 7 ? "bad" : "1", NULL);
  ig_error err = {0};
  assert_int_equal(ig_window_encode(&w, &by_id, pool, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "line 308: "));
  ig_window_free(&w);
  ig_pool_free(pool);
}

static void test_targets(void **state) {
  (void)state;
  ig_encoding e = by_id;
  e.scoring = true;
  ig_window w = {.members = 1};
  ig_error err = {0};
  add(&w, "1 2", "49 0");
  add(&w, "1", "");
  assert_int_equal(ig_window_encode(&w, &e, NULL, NULL), IG_OK);
  assert_int_equal(w.sentences[0].target.count, 2);
  assert_int_equal(w.sentences[1].target.count, 0);
  ig_window_clear(&w);
  add(&w, "1 2", "50");  // not in the target vocabulary
  assert_int_equal(ig_window_encode(&w, &e, NULL, NULL), IG_ERROR_FORMAT);
  ig_window_clear(&w);
  add(&w, "1 2", "1 2 3 4 5 6 7");
  assert_int_equal(ig_window_encode(&w, &e, NULL, &err),
                   IG_ERROR_ARGUMENT);  // a target is never truncated
  assert_non_null(strstr(err.message, "7 tokens"));
  ig_window_clear(&w);
  add(&w, " ", "1");
  assert_int_equal(ig_window_encode(&w, &e, NULL, NULL), IG_ERROR_FORMAT);
  ig_window_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ids),
      cmocka_unit_test(test_bad_ids_name_the_line),
      cmocka_unit_test(test_the_lowest_line_wins),
      cmocka_unit_test(test_targets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
