// Allocation whose sizes cannot overflow; arenas of the measured size suffice.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/allocate.h"
#include "base/arena.h"
#include "base/size.h"

static void sizes_are_checked(void **state) {
  (void)state;
  size_t out = 42;
  assert_true(ig_size_multiply(6, 7, &out));
  assert_int_equal(out, 42);
  assert_true(ig_size_multiply(0, SIZE_MAX, &out));
  assert_int_equal(out, 0);
  assert_true(ig_size_multiply(SIZE_MAX, 1, &out));
  assert_true(out == SIZE_MAX);
  assert_false(ig_size_multiply(SIZE_MAX / 2 + 1, 2, &out));
  assert_false(ig_size_multiply(SIZE_MAX / 2 + 1, SIZE_MAX / 2 + 1, &out));
  assert_true(ig_size_add(SIZE_MAX - 1, 1, &out));
  assert_true(out == SIZE_MAX);
  assert_false(ig_size_add(SIZE_MAX, 1, &out));
  assert_true(ig_size_of(SIZE_MAX, &out));
  assert_true(out == SIZE_MAX);
  assert_true(ig_size_of((uint64_t)1 << 32, &out) == (SIZE_MAX > UINT32_MAX));
}

static void allocation_fails_with_a_message(void **state) {
  (void)state;
  ig_error err = {0};
  assert_null(ig_allocate(SIZE_MAX / 4, 8, &err));
  assert_int_equal(err.status, IG_ERROR_MEMORY);
  assert_non_null(strstr(err.message, "8 bytes"));
  assert_null(ig_allocate(SIZE_MAX, 1, NULL));
  unsigned char *zeros = ig_allocate(100, 3, &err);
  for (int i = 0; i < 300; i++) assert_int_equal(zeros[i], 0);
  free(zeros);
  void *nothing = ig_allocate(0, 8, &err);
  assert_non_null(nothing);
  free(nothing);
}

static void growing_keeps_what_was_there(void **state) {
  (void)state;
  int *array = NULL;
  size_t capacity = 0;
  for (int i = 0; i < 10000; i++) {
    assert_int_equal(
        ig_allocate_more((void **)&array, &capacity, (size_t)i + 1, sizeof *array, NULL), IG_OK);
    assert_true(capacity > (size_t)i);
    array[i] = i;
  }
  for (int i = 0; i < 10000; i++) assert_int_equal(array[i], i);
  int *old = array;
  size_t old_capacity = capacity;
  ig_error err = {0};
  assert_int_equal(ig_allocate_more((void **)&array, &capacity, SIZE_MAX / 2, sizeof *array, &err),
                   IG_ERROR_MEMORY);
  assert_ptr_equal(array, old);
  assert_int_equal(capacity, old_capacity);
  free(array);
}

static void a_duplicate_ends_with_nul(void **state) {
  (void)state;
  char *copy = ig_allocate_copy("abcdef", 3, NULL);
  assert_string_equal(copy, "abc");
  free(copy);
}

// A carve function as layers have them, with nested scratch.
typedef struct buffers {
  char *bytes;
  float *rows;
  double *scratch, *again;
} buffers;

static buffers carve(ig_arena *arena, size_t rows) {
  buffers b;
  b.bytes = IG_TAKE(arena, char, 1);
  b.rows = IG_TAKE(arena, float, rows * 7);
  size_t mark = ig_arena_mark(arena);
  b.scratch = IG_TAKE(arena, double, rows * 100);
  ig_arena_release(arena, mark);
  b.again = IG_TAKE(arena, double, rows);
  return b;
}

static void carving_takes_what_measuring_said(void **state) {
  (void)state;
  for (size_t rows = 0; rows < 600; rows += 13) {
    ig_arena plan = ig_arena_measure(), arena;
    buffers none = carve(&plan, rows);
    assert_null(none.rows);
    assert_false(plan.overflow);
    assert_true(plan.peak >= plan.used);
    assert_int_equal(ig_arena_create(&arena, plan.peak, NULL), IG_OK);
    buffers b = carve(&arena, rows);
    assert_int_equal(arena.used, plan.used);
    assert_int_equal(arena.peak, plan.peak);
    assert_true(arena.size >= plan.peak);
    void *each[] = {b.bytes, b.rows, b.scratch, b.again};
    for (int i = 0; i < 4; i++) {
      assert_non_null(each[i]);
      assert_int_equal((uintptr_t)each[i] % IG_ALIGNMENT, 0);
    }
    assert_ptr_equal(b.scratch, b.again);
    assert_true((char *)b.rows - b.bytes >= 1 + IG_ALIGNMENT);
    for (size_t i = 0; i < rows * 100; i++) assert_true(b.scratch[i] == 0);
    // The padding after the last buffer may be read.
    volatile char last = ((char *)(b.scratch + rows * 100))[IG_ALIGNMENT - 1];
    assert_int_equal(last, 0);
    ig_arena_free(&arena);
    ig_arena_free(&arena);
  }
}

static void measuring_says_when_nothing_could_fit(void **state) {
  (void)state;
  ig_arena plan = ig_arena_measure(), arena;
  IG_TAKE(&plan, double, SIZE_MAX / 4);
  assert_true(plan.overflow);
  IG_TAKE(&plan, double, 1);
  assert_true(plan.overflow);
  ig_error err = {0};
  assert_int_equal(ig_arena_create(&arena, plan.peak, &err), IG_ERROR_MEMORY);
  assert_null(arena.base);
  assert_true(err.message[0] != '\0');
  ig_arena_free(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sizes_are_checked),
      cmocka_unit_test(allocation_fails_with_a_message),
      cmocka_unit_test(growing_keeps_what_was_there),
      cmocka_unit_test(a_duplicate_ends_with_nul),
      cmocka_unit_test(carving_takes_what_measuring_said),
      cmocka_unit_test(measuring_says_when_nothing_could_fit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
