// Windows of lines: ids from ids, errors with the line's number, the queue that workers take from.
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
  const ig_input_line line = {.number = w->count + 1,
                              .source = source,
                              .source_length = strlen(source),
                              .target = target,
                              .target_length = target ? strlen(target) : 0};
  assert_int_equal(ig_window_add(w, &line, NULL), IG_OK);
}

static void test_ids(void **state) {
  (void)state;
  ig_window w = {.members = 1};
  add(&w, "  5 99\t0 \r", NULL);
  add(&w, "", NULL);
  add(&w, "1 2 3 4 5 6 7 8", NULL);
  assert_int_equal(ig_window_encode(&w, &by_id, NULL, NULL), IG_OK);
  assert_int_equal(w.lines[0].sources[0].count, 3);
  assert_int_equal(w.lines[0].sources[0].ids[1], 99);
  assert_int_equal(w.lines[1].sources[0].count, 0);
  assert_int_equal(w.lines[2].sources[0].count, 6);  // cut, its end kept
  assert_int_equal(w.lines[2].sources[0].ids[5], 8);
  assert_int_equal(w.lines[2].sources[0].ids[4], 5);
  assert_int_equal(w.lines[2].cut, 8);
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
  assert_int_equal(w.lines[0].target.count, 2);
  assert_int_equal(w.lines[1].target.count, 0);
  ig_window_clear(&w);
  add(&w, "1 2", "50");  // not in the target vocabulary
  assert_int_equal(ig_window_encode(&w, &e, NULL, NULL), IG_ERROR_FORMAT);
  ig_window_clear(&w);
  add(&w, "1 2", "1 2 3 4 5 6 7");
  assert_int_equal(ig_window_encode(&w, &e, NULL, &err),
                   IG_ERROR_ARGUMENT);  // a target is never cut
  assert_non_null(strstr(err.message, "7 tokens"));
  ig_window_clear(&w);
  add(&w, " ", "1");
  assert_int_equal(ig_window_encode(&w, &e, NULL, NULL), IG_ERROR_FORMAT);
  ig_window_free(&w);
}

static size_t take(ig_queue *q, ig_queue_limits limits, size_t *first) {
  return ig_queue_take(q, &limits, first);
}

static void fill_queue(ig_window *w, ig_queue *q) {
  static const char *const lines[] = {"1", "1 2 3", "", "1 2 3 4 5", "1 2 3", "1 2"};
  for (int i = 0; i < 6; i++) add(w, lines[i], NULL);
  assert_int_equal(ig_window_encode(w, &by_id, NULL, NULL), IG_OK);
  assert_int_equal(ig_queue_fill(q, w, NULL), IG_OK);
}

static void test_queue(void **state) {
  (void)state;
  ig_window w = {.members = 1};
  ig_queue q;
  fill_queue(&w, &q);
  static const size_t order[] = {3, 1, 4, 5, 0}, counts[] = {1, 2, 2, 0};
  assert_int_equal(q.count, 5);
  assert_int_equal(q.tokens, 14);
  assert_int_equal(q.longest_source, 5);
  assert_memory_equal(q.order, order, sizeof order);
  size_t first, expected = 0;
  for (int i = 0; i < 4; i++, expected = first + counts[i - 1]) {
    assert_int_equal(take(&q, (ig_queue_limits){.sentences = 10, .tokens = 6}, &first), counts[i]);
    assert_int_equal(first, expected);
  }
  ig_queue_free(&q);
  ig_window_free(&w);
}

static void test_queue_limits(void **state) {
  (void)state;
  ig_window w = {.members = 1};
  ig_queue q;
  size_t first;
  fill_queue(&w, &q);
  assert_int_equal(take(&q, (ig_queue_limits){.sentences = 10, .tokens = 4}, &first),
                   0);  // the first has 5
  assert_int_equal(take(&q, (ig_queue_limits){.sentences = 10, .tokens = 4, .alone = true}, &first),
                   1);  // alone it may
  assert_int_equal(take(&q, (ig_queue_limits){.sentences = 1, .tokens = 100}, &first), 1);
  assert_int_equal(take(&q, (ig_queue_limits){.sentences = 10, .tokens = 4, .fewest = 2}, &first),
                   0);  // one would fit, but more wait
  assert_int_equal(take(&q, (ig_queue_limits){.sentences = 10, .tokens = 6, .fewest = 4}, &first),
                   3);  // fewer are left
  assert_int_equal(first, 2);
  ig_queue_free(&q);
  assert_int_equal(ig_queue_fill(&q, &w, NULL), IG_OK);
  ig_queue_stop(&q);
  assert_int_equal(take(&q, (ig_queue_limits){.sentences = 10, .tokens = 100}, &first), 0);
  ig_queue_free(&q);
  ig_window_free(&w);
}

// When scoring, the longer side counts: the pass holds rows of both.
static void test_targets_count_in_the_queue(void **state) {
  (void)state;
  ig_encoding e = by_id;
  e.scoring = true;
  ig_window w = {.members = 1};
  ig_queue q;
  size_t first;
  add(&w, "1 2", "1 2 3 4 5 6");
  add(&w, "1 2", "1");
  add(&w, "1", "1 2 3 4");
  assert_int_equal(ig_window_encode(&w, &e, NULL, NULL), IG_OK);
  assert_int_equal(ig_queue_fill(&q, &w, NULL), IG_OK);
  assert_int_equal(take(&q, (ig_queue_limits){.sentences = 10, .tokens = 6, .alone = true}, &first),
                   1);
  assert_int_equal(take(&q, (ig_queue_limits){.sentences = 10, .tokens = 6, .alone = true}, &first),
                   2);
  ig_queue_free(&q);
  ig_window_free(&w);
}

static void take_some(void *context, size_t index, int worker) {
  (void)worker;
  size_t **owners = context, first;
  ig_queue *q = (ig_queue *)(void *)owners[0];
  for (size_t n;
       (n = take(q, (ig_queue_limits){.sentences = 1 + index % 3, .tokens = 100}, &first)) > 0;)
    for (size_t i = 0; i < n; i++) owners[1][first + i] += 1;
}

static void test_each_sentence_has_one_taker(void **state) {
  (void)state;
  static size_t takers[2000];
  ig_window w = {.members = 1};
  ig_queue q;
  ig_pool *pool;
  for (int i = 0; i < 2000; i++) add(&w, "1 2", NULL);
  assert_int_equal(ig_pool_create(4, &pool, NULL), IG_OK);
  assert_int_equal(ig_window_encode(&w, &by_id, pool, NULL), IG_OK);
  assert_int_equal(ig_queue_fill(&q, &w, NULL), IG_OK);
  size_t *context[] = {(size_t *)(void *)&q, takers};
  ig_pool_run(pool, 4, take_some, context);
  for (int i = 0; i < 2000; i++) assert_int_equal(takers[i], 1);
  ig_pool_free(pool);
  ig_queue_free(&q);
  ig_window_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ids),
      cmocka_unit_test(test_bad_ids_name_the_line),
      cmocka_unit_test(test_the_lowest_line_wins),
      cmocka_unit_test(test_targets),
      cmocka_unit_test(test_queue),
      cmocka_unit_test(test_queue_limits),
      cmocka_unit_test(test_targets_count_in_the_queue),
      cmocka_unit_test(test_each_sentence_has_one_taker),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
