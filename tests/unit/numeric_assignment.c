// Assignments: every one of up to 7 rows tried, larger ones compared with scipy's
// (tests/golden/assignment/scipy.txt, made by make_goldens.py); equal gains.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "numeric/assignment.h"

enum { MOST = 300 };

static ig_assignment assignment;
static double gain[MOST * MOST];
static uint32_t column_of[MOST];

// As make_goldens.py draws them.
static void draw(size_t n, uint64_t seed, uint64_t different) {
  for (size_t i = 0; i < n * n; i++) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    gain[i] = (double)((seed >> 40) % different) - (double)(different / 2);
  }
}

static double solve(size_t n) {
  const ig_assignment_gains gains = {.gain = gain, .n = n, .stride = n};
  return ig_assignment_solve(&assignment, &gains, column_of);
}

// Whether each column is one row's, and the rows gain `sum` together.
static bool is_worth(size_t n, const uint32_t *columns, double sum) {
  bool taken[MOST] = {false};
  for (size_t i = 0; i < n; i++) {
    if (columns[i] >= n || taken[columns[i]]) return false;
    taken[columns[i]] = true;
    sum -= gain[i * n + columns[i]];
  }
  return fabs(sum) < 1e-6;
}

static double best_of_all(size_t n, size_t row, unsigned taken) {
  double best = row == n ? 0 : -INFINITY;
  for (size_t j = 0; j < n && row < n; j++)
    if (!(taken >> j & 1))
      best = fmax(best, gain[row * n + j] + best_of_all(n, row + 1, taken | 1U << j));
  return best;
}

static void equals_the_best_of_all(void **state) {
  (void)state;
  static const uint64_t different[] = {2, 3, 10, 1 << 24};
  for (size_t n = 0; n <= 7; n++)
    for (uint64_t seed = 0; seed < 40; seed++) {
      draw(n, seed, different[seed % 4]);
      const double sum = solve(n);
      assert_true(sum == best_of_all(n, 0, 0));
      assert_true(is_worth(n, column_of, sum));
    }
}

static void equals_scipy(void **state) {
  (void)state;
  char path[512];
  snprintf(path, sizeof path, "%s/tests/golden/assignment/scipy.txt", getenv("INGOT_SOURCE"));
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  size_t n, lines = 0;
  unsigned long long seed, different;
  double sum;
  for (; fscanf(file, "%zu %llu %llu %lf", &n, &seed, &different, &sum) == 4; lines++) {
    uint32_t theirs[MOST];
    for (size_t i = 0; i < n; i++) assert_int_equal(fscanf(file, "%u", &theirs[i]), 1);
    draw(n, seed, different);
    assert_true(solve(n) == sum);
    assert_true(is_worth(n, theirs, sum));
    assert_true(is_worth(n, column_of, sum));
    // Of gains that hardly two share there is one best assignment.
    if (different == 1 << 24) assert_memory_equal(column_of, theirs, n * sizeof *theirs);
  }
  assert_int_equal(lines, 7);
  fclose(file);
}

static void equal_gains_go_by_the_order(void **state) {
  (void)state;
  for (size_t i = 0; i < 25; i++) gain[i] = -3;
  assert_true(solve(5) == -15);
  for (uint32_t i = 0; i < 5; i++) assert_int_equal(column_of[i], i);
}

// A negative control: a worse assignment, and one that is none, are told from the best.
static void what_is_not_the_best_is_seen(void **state) {
  (void)state;
  draw(6, 1, 1 << 24);
  const double sum = solve(6);
  uint32_t other[6];
  memcpy(other, column_of, sizeof other);
  other[0] = column_of[1];
  assert_false(is_worth(6, other, sum));
  other[1] = column_of[0];
  assert_false(is_worth(6, other, sum));
}

// Blocks of a larger matrix.
static void rows_may_lie_apart(void **state) {
  (void)state;
  draw(6, 9, 1 << 24);
  const ig_assignment_gains block = {.gain = gain + 2 * 6 + 3, .n = 3, .stride = 6};
  const double sum = ig_assignment_solve(&assignment, &block, column_of);
  for (size_t i = 0; i < 3; i++) memmove(gain + i * 3, gain + (2 + i) * 6 + 3, 3 * sizeof *gain);
  assert_true(sum == best_of_all(3, 0, 0));
}

static int set_up(void **state) {
  (void)state;
  return ig_assignment_create(MOST, &assignment, NULL) == IG_OK ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  ig_assignment_free(&assignment);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_the_best_of_all),      cmocka_unit_test(equals_scipy),
      cmocka_unit_test(equal_gains_go_by_the_order), cmocka_unit_test(what_is_not_the_best_is_seen),
      cmocka_unit_test(rows_may_lie_apart),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
