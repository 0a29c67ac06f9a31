// Who may use the workers of an engine: everything for who is alone, a worker each for those who
// come together, and nobody is passed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "pipeline/turns.h"

static ig_turns *turns_for(int workers) {
  ig_turns *turns;
  assert_int_equal(ig_turns_create(workers, &turns, NULL), IG_OK);
  return turns;
}

static void test_who_is_alone_gets_everything(void **state) {
  (void)state;
  ig_turns *turns = turns_for(3);
  for (int large = 0; large < 2; large++) {
    assert_int_equal(ig_turns_begin(turns, large), IG_TURNS_EVERYTHING);
    assert_false(ig_turns_try_everything(turns));
    ig_turns_end(turns, IG_TURNS_EVERYTHING);
    assert_true(ig_turns_try_everything(turns));
    ig_turns_end(turns, IG_TURNS_EVERYTHING);
  }
  ig_turns_free(turns);
}

// One who comes while another works.
typedef struct comer {
  ig_turns *turns;
  bool wants_everything;
  pthread_t thread;
  atomic_int given;  // NOT_YET until his turn
  atomic_bool may_leave;
} comer;
enum { NOT_YET = -2 };

static void *come(void *context) {
  comer *c = context;
  const int given = ig_turns_begin(c->turns, c->wants_everything);
  atomic_store(&c->given, given);
  while (!atomic_load(&c->may_leave)) usleep(100);
  ig_turns_end(c->turns, given);
  return NULL;
}

static void start(comer *c, ig_turns *turns, bool wants_everything) {
  c->turns = turns;
  c->wants_everything = wants_everything;
  atomic_init(&c->given, NOT_YET);
  atomic_init(&c->may_leave, false);
  assert_int_equal(pthread_create(&c->thread, NULL, come, c), 0);
  usleep(20000);  // so that he waits before the next one comes
}

static int wait_for(comer *c) {
  while (atomic_load(&c->given) == NOT_YET) usleep(100);
  return atomic_load(&c->given);
}

static void finish(comer *c) {
  atomic_store(&c->may_leave, true);
  pthread_join(c->thread, NULL);
}

static void test_those_who_come_together_get_a_worker_each(void **state) {
  (void)state;
  ig_turns *turns = turns_for(2);
  comer small[3], large, last;
  assert_int_equal(ig_turns_begin(turns, false), IG_TURNS_EVERYTHING);
  for (int i = 0; i < 3; i++) start(&small[i], turns, false);
  start(&large, turns, true);
  start(&last, turns, false);
  assert_int_equal(atomic_load(&small[0].given), NOT_YET);
  ig_turns_end(turns, IG_TURNS_EVERYTHING);
  assert_int_equal(wait_for(&small[0]), 0);
  assert_int_equal(wait_for(&small[1]), 1);
  assert_int_equal(atomic_load(&small[2].given), NOT_YET);
  assert_false(ig_turns_try_everything(turns));
  finish(&small[0]);
  assert_int_equal(wait_for(&small[2]), 0);  // the worker that has been given back
  finish(&small[1]);
  usleep(20000);
  assert_int_equal(atomic_load(&large.given), NOT_YET);  // one still works,
  assert_int_equal(atomic_load(&last.given), NOT_YET);   // and nobody passes
  finish(&small[2]);
  assert_int_equal(wait_for(&large), IG_TURNS_EVERYTHING);
  assert_int_equal(atomic_load(&last.given), NOT_YET);
  finish(&large);
  assert_int_equal(wait_for(&last), IG_TURNS_EVERYTHING);  // nobody else is left
  finish(&last);
  ig_turns_free(turns);
}

// Many threads, large and small: what is given is never given twice.
typedef struct crowd {
  ig_turns *turns;
  atomic_int holders[4];  // of each worker
  atomic_int faults;
} crowd;

static void hold(crowd *c, int first, int last, int change) {
  for (int i = first; i <= last; i++)
    if (atomic_fetch_add(&c->holders[i], change) != (change > 0 ? 0 : 1))
      atomic_fetch_add(&c->faults, 1);
}

static void *take_many_turns(void *context) {
  crowd *c = context;
  for (int i = 0; i < 300; i++) {
    const int given = ig_turns_begin(c->turns, i % 7 == 0);
    const int first = given < 0 ? 0 : given, last = given < 0 ? 3 : given;
    hold(c, first, last, 1);
    hold(c, first, last, -1);
    ig_turns_end(c->turns, given);
  }
  return NULL;
}

static void test_nothing_is_given_twice(void **state) {
  (void)state;
  static crowd c;
  pthread_t threads[6];
  c.turns = turns_for(4);
  for (int i = 0; i < 6; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, take_many_turns, &c), 0);
  for (int i = 0; i < 6; i++) pthread_join(threads[i], NULL);
  assert_int_equal(atomic_load(&c.faults), 0);
  ig_turns_free(c.turns);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_who_is_alone_gets_everything),
      cmocka_unit_test(test_those_who_come_together_get_a_worker_each),
      cmocka_unit_test(test_nothing_is_given_twice),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
