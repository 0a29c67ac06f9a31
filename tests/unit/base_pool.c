// The thread pool runs each index once, for any number of threads, in loop after loop.
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "base/pool.h"
#include "ingot.h"

enum { MOST = 1000 };

typedef struct loop {
  int calls[MOST];  // not atomic: TSan sees it if an index runs twice at a time
  size_t values[MOST];
  int threads;
  atomic_int bad_worker;
  atomic_int busy[16];  // no two tasks may have the same worker number at a time
} loop;

static void count_call(void *context, size_t index, int worker) {
  loop *l = context;
  if (worker < 0 || worker >= l->threads || atomic_fetch_add(&l->busy[worker], 1) != 0)
    atomic_store(&l->bad_worker, 1);
  l->calls[index]++;
  l->values[index] = index * index;
  if (worker >= 0 && worker < l->threads) atomic_fetch_sub(&l->busy[worker], 1);
}

static void check_loop(ig_pool *pool, loop *l, size_t count) {
  memset(l->calls, 0, sizeof l->calls);
  ig_pool_run(pool, count, count_call, l);
  assert_int_equal(atomic_load(&l->bad_worker), 0);
  for (size_t i = 0; i < MOST; i++) assert_int_equal(l->calls[i], i < count ? 1 : 0);
  for (size_t i = 0; i < count; i++) assert_int_equal(l->values[i], i * i);
}

static void each_index_runs_once(void **state) {
  (void)state;
  static const size_t counts[] = {0, 1, 2, 3, 4, 5, 17, 64, 999, MOST};
  for (int threads = 1; threads <= 4; threads++) {
    ig_pool *pool;
    loop l = {.threads = threads};
    assert_int_equal(ig_pool_create(threads, &pool, NULL), IG_OK);
    assert_int_equal(ig_pool_threads(pool), threads);
    for (int round = 0; round < 100; round++)
      check_loop(pool, &l, counts[(size_t)round % (sizeof counts / sizeof *counts)]);
    ig_pool_free(pool);
  }
}

// Pauses of many lengths between the loops meet the workers at every stage of falling asleep.
static void sleeping_workers_wake(void **state) {
  (void)state;
  ig_pool *pool;
  loop l = {.threads = 3};
  assert_int_equal(ig_pool_create(3, &pool, NULL), IG_OK);
  for (long round = 0; round < 200; round++) {
    nanosleep(&(struct timespec){.tv_nsec = round * 1000}, NULL);
    check_loop(pool, &l, 2 + (size_t)round % 7);
  }
  ig_pool_free(pool);
}

static void wait_for_partner(void *context, size_t index, int worker) {
  (void)index;
  (void)worker;
  atomic_int *arrived = context;
  atomic_fetch_add(arrived, 1);
  for (int i = 0; i < 20000 && atomic_load(arrived) < 2; i++)
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

// Two tasks that wait for each other end quickly only if two threads run them.
static void tasks_run_at_the_same_time(void **state) {
  (void)state;
  ig_pool *pool;
  assert_int_equal(ig_pool_create(2, &pool, NULL), IG_OK);
  atomic_int arrived = 0;
  time_t begin = time(NULL);
  ig_pool_run(pool, 2, wait_for_partner, &arrived);
  assert_int_equal(atomic_load(&arrived), 2);
  assert_true(time(NULL) - begin < 15);
  ig_pool_free(pool);
}

static void without_a_pool_it_runs_serially(void **state) {
  (void)state;
  loop l = {.threads = 1};
  assert_int_equal(ig_pool_threads(NULL), 1);
  check_loop(NULL, &l, MOST);
  ig_pool_free(NULL);
}

// ---- loops whose tasks can fail ---------------------------------------------

typedef struct failing_loop {
  size_t every;            // each index that this divides fails, from `first` on
  size_t first;            // SIZE_MAX: none fails
  atomic_int calls[MOST];  // of each index
} failing_loop;

static ig_status fail_some(void *context, size_t index, int worker, ig_error *err) {
  (void)worker;
  failing_loop *l = context;
  assert_int_equal(err->status, IG_OK);
  assert_int_equal(err->message[0], '\0');
  atomic_fetch_add(&l->calls[index], 1);
  if (index < l->first || index % l->every != 0) return IG_OK;
  err->status = index % 2 == 0 ? IG_ERROR_IO : IG_ERROR_FORMAT;
  snprintf(err->message, sizeof err->message, "index %zu", index);
  return err->status;
}

// Whatever the threads do, the error is that of the lowest failing index, and all below it ran.
static void check_failing_loop(ig_pool *pool, size_t first, size_t every) {
  static failing_loop l;
  memset(&l, 0, sizeof l);
  l.first = first;
  l.every = every;
  const size_t lowest = first == SIZE_MAX ? SIZE_MAX : (first + every - 1) / every * every;
  ig_error err = {0};
  const ig_status status = ig_pool_try(pool, MOST, fail_some, &l, &err);
  char expected[32] = "";
  if (lowest < MOST) snprintf(expected, sizeof expected, "index %zu", lowest);
  assert_int_equal(status, lowest >= MOST ? IG_OK : lowest % 2 ? IG_ERROR_FORMAT : IG_ERROR_IO);
  assert_int_equal(err.status, status);
  assert_string_equal(err.message, expected);
  for (size_t i = 0; i < MOST; i++) {
    const int calls = atomic_load(&l.calls[i]);
    if (i <= lowest)
      assert_int_equal(calls, 1);
    else
      assert_true(calls == 0 || calls == 1);
  }
}

static void the_lowest_failing_index_wins(void **state) {
  (void)state;
  for (int threads = 0; threads <= 4; threads++) {  // 0: without a pool
    ig_pool *pool = NULL;
    if (threads) assert_int_equal(ig_pool_create(threads, &pool, NULL), IG_OK);
    for (size_t round = 0; round < 50; round++) {
      check_failing_loop(pool, round * 19, 1);  // everything from there on
      check_failing_loop(pool, round * 19, 1 + round % 7);
      check_failing_loop(pool, MOST - 1, 1);  // the last alone
    }
    check_failing_loop(pool, SIZE_MAX, 1);
    assert_int_equal(ig_pool_try(pool, 0, fail_some, NULL, NULL), IG_OK);
    static failing_loop l = {.first = 3, .every = 1};
    assert_int_equal(ig_pool_try(pool, MOST, fail_some, &l, NULL), IG_ERROR_FORMAT);
    ig_pool_free(pool);
  }
}

static void thread_counts_are_checked(void **state) {
  (void)state;
  ig_pool *pool;
  ig_error err = {0};
  assert_int_equal(ig_pool_create(-1, &pool, &err), IG_ERROR_ARGUMENT);
  assert_null(pool);
  assert_non_null(strstr(err.message, "-1"));
  assert_true(ig_cpu_count() >= 1);
  assert_int_equal(ig_pool_create(0, &pool, NULL), IG_OK);
  assert_int_equal(ig_pool_threads(pool), ig_cpu_count());
  ig_pool_free(pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_index_runs_once),
      cmocka_unit_test(sleeping_workers_wake),
      cmocka_unit_test(tasks_run_at_the_same_time),
      cmocka_unit_test(without_a_pool_it_runs_serially),
      cmocka_unit_test(the_lowest_failing_index_wins),
      cmocka_unit_test(thread_counts_are_checked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
