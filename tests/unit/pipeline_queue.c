// The queue that workers take sentences from: the longest first, limits kept, each sentence once.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/pool.h"
#include "pipeline/queue.h"

static ig_ids ids_of(size_t count) { return (ig_ids){.count = count}; }

static size_t take(ig_queue *q, ig_queue_limits limits, size_t *first) {
  return ig_queue_take(q, &limits, first);
}

enum { SENTENCES = 6 };

static void fill_queue(ig_queue *q) {
  static const size_t lengths[SENTENCES] = {1, 3, 0, 5, 3, 2};
  static ig_ids sources[SENTENCES];
  static ig_queue_sentence sentences[SENTENCES];
  for (int i = 0; i < SENTENCES; i++) {
    sources[i] = ids_of(lengths[i]);
    sentences[i] = (ig_queue_sentence){.sources = &sources[i], .length = lengths[i]};
  }
  assert_int_equal(ig_queue_fill(q, sentences, SENTENCES, NULL), IG_OK);
}

static void test_queue(void **state) {
  (void)state;
  ig_queue q;
  fill_queue(&q);
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
}

static void test_queue_limits(void **state) {
  (void)state;
  ig_queue q;
  size_t first;
  fill_queue(&q);
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
  fill_queue(&q);
  ig_queue_stop(&q);
  assert_int_equal(take(&q, (ig_queue_limits){.sentences = 10, .tokens = 100}, &first), 0);
  ig_queue_free(&q);
}

// When scoring, the longer side counts: the pass holds rows of both.
static void test_targets_count_in_the_queue(void **state) {
  (void)state;
  const ig_ids sources[3] = {ids_of(2), ids_of(2), ids_of(1)},
               targets[3] = {ids_of(6), ids_of(1), ids_of(4)};
  ig_queue_sentence sentences[3];
  for (int i = 0; i < 3; i++)
    sentences[i] = (ig_queue_sentence){
        .sources = &sources[i], .length = sources[i].count, .target = &targets[i]};
  ig_queue q;
  size_t first;
  assert_int_equal(ig_queue_fill(&q, sentences, 3, NULL), IG_OK);
  assert_int_equal(q.longest_target, 6);
  assert_int_equal(take(&q, (ig_queue_limits){.sentences = 10, .tokens = 6, .alone = true}, &first),
                   1);
  assert_int_equal(take(&q, (ig_queue_limits){.sentences = 10, .tokens = 6, .alone = true}, &first),
                   2);
  ig_queue_free(&q);
}

typedef struct takers {
  ig_queue queue;
  size_t count[2000];  // of each sentence
} takers;

static void take_some(void *context, size_t index, int worker) {
  (void)worker;
  takers *t = context;
  const ig_queue_limits limits = {.sentences = 1 + index % 3, .tokens = 100};
  size_t first, n;
  while ((n = ig_queue_take(&t->queue, &limits, &first)) > 0)
    for (size_t i = 0; i < n; i++) t->count[first + i] += 1;
}

static void test_each_sentence_has_one_taker(void **state) {
  (void)state;
  static takers t;
  static ig_queue_sentence sentences[2000];
  const ig_ids source = ids_of(2);
  ig_pool *pool;
  for (int i = 0; i < 2000; i++)
    sentences[i] = (ig_queue_sentence){.sources = &source, .length = source.count};
  assert_int_equal(ig_pool_create(4, &pool, NULL), IG_OK);
  assert_int_equal(ig_queue_fill(&t.queue, sentences, 2000, NULL), IG_OK);
  ig_pool_run(pool, 4, take_some, &t);
  for (int i = 0; i < 2000; i++) assert_int_equal(t.count[i], 1);
  ig_pool_free(pool);
  ig_queue_free(&t.queue);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_queue),
      cmocka_unit_test(test_queue_limits),
      cmocka_unit_test(test_targets_count_in_the_queue),
      cmocka_unit_test(test_each_sentence_has_one_taker),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
