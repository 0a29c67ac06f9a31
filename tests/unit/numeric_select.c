// Selection by magnitude against sorting, and torch's random numbers against known ones.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/random.h"
#include "numeric/select.h"
#include "numeric/torch_random.h"

static int by_key(const void *a, const void *b) {
  const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static ig_select select_rank(ig_select select, const float *x, size_t count) {
  for (int pass = 0; pass < IG_SELECT_PASSES; pass++) {
    uint64_t counts[IG_SELECT_BINS] = {0};
    ig_select_count(&select, pass, count / 3, x, counts);  // in parts
    ig_select_count(&select, pass, count - count / 3, x + count / 3, counts);
    ig_select_narrow(&select, pass, counts);
  }
  return select;
}

// Among the keys from those of one rank below to those of some ranks above.
static void check_between(const float *x, const uint32_t *keys, size_t count, size_t rank) {
  for (size_t around = 0; around < 2000; around = 3 * around + 1) {
    const uint32_t low = keys[rank < around ? 0 : rank - around],
                   high = keys[rank + around < count ? rank + around : count - 1];
    size_t outside = 0;
    while (keys[outside] < low) outside++;
    const ig_select found =
        select_rank(ig_select_begin_between(low, high, rank - outside), x, count);
    assert_int_equal(found.key, keys[rank]);
  }
}

// kinds: how many different values; 0: all differ.
static void check(size_t count, uint32_t kinds) {
  float *x = malloc(count * sizeof *x);
  uint32_t *keys = malloc(count * sizeof *keys);
  assert_true(x && keys);
  for (size_t i = 0; i < count; i++) {
    x[i] = kinds ? (float)(ig_random_u32(1, kinds, i) % kinds) : (float)ig_random_normal(1, 2, i);
    if (i % 2) x[i] = -x[i];
    keys[i] = ig_select_key(x[i]);
  }
  qsort(keys, count, sizeof *keys, by_key);
  for (size_t rank = 0; rank < count; rank += 1 + count / 40) {
    const ig_select found = select_rank(ig_select_begin(rank), x, count);
    size_t below = 0, equal = 0;
    for (size_t i = 0; i < count; i++) {
      below += keys[i] < keys[rank];
      equal += keys[i] == keys[rank];
    }
    assert_int_equal(found.key, keys[rank]);
    assert_int_equal(found.equal, equal);
    assert_int_equal(found.rank, rank - below);
    check_between(x, keys, count, rank);
  }
  free(x);
  free(keys);
}

static void every_rank_is_what_sorting_gives(void **state) {
  (void)state;
  check(1, 0);
  check(2, 0);
  check(5000, 0);
  check(5000, 1);
  check(5000, 3);
  check(5000, 900);
}

// std::mt19937 of the C++ standard ([rand.predef]): the 10000th number from seed 5489 is
// 4123659995.
static void mersenne_twister_is_the_standard_one(void **state) {
  (void)state;
  ig_torch_random mt;
  float number;
  ig_torch_random_seed(&mt, 5489);
  ig_torch_random_skip(&mt, 9999);
  ig_torch_random_uniform(&mt, 1, &number);
  assert_true(number == (float)(4123659995u & 0xFFFFFFu) * 0x1p-24f);
}

static void skipping_is_drawing(void **state) {
  (void)state;
  enum { COUNT = 2000 };
  static float numbers[COUNT];
  ig_torch_random mt;
  ig_torch_random_seed(&mt, 7);
  ig_torch_random_uniform(&mt, COUNT, numbers);
  for (size_t skipped = 0; skipped < COUNT; skipped += 13) {
    float number;
    ig_torch_random_seed(&mt, 7);
    ig_torch_random_skip(&mt, skipped / 2);
    ig_torch_random_skip(&mt, skipped - skipped / 2);
    ig_torch_random_uniform(&mt, 1, &number);
    assert_true(number == numbers[skipped]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_rank_is_what_sorting_gives),
                                     cmocka_unit_test(mersenne_twister_is_the_standard_one),
                                     cmocka_unit_test(skipping_is_drawing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
