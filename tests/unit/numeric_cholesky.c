// Cholesky factors: a matrix that was made from its factor, right sides that were made from their
// solutions, one that is not positive definite, and threads.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/random.h"
#include "numeric/cholesky.h"

enum { MOST = 101, ROWS = 3 };

// L with a diagonal of at least 1, and A = L L^T with garbage above the diagonal.
static void make_matrix(size_t n, double *l, double *a) {
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < n; k++) {
      const double x = ig_random_uniform(1, n, i * n + k) - 0.5;
      l[i * n + k] = k < i ? x / (double)n : k == i ? 1 + fabs(x) : 0;
    }
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < n; k++) {
      a[i * n + k] = k <= i ? 0 : NAN;
      for (size_t j = 0; k <= i && j <= k; j++) a[i * n + k] += l[i * n + j] * l[k * n + j];
    }
}

// The right side of a solution x: A x, of a symmetric A whose lower half is given.
static double product_of(size_t n, const double *a, size_t row, const double *x) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (i <= row ? a[row * n + i] : a[i * n + row]) * x[i];
  return sum;
}

static void check_size(size_t n) {
  static double l[MOST * MOST], a[MOST * MOST], x[ROWS * MOST], right[ROWS * MOST];
  make_matrix(n, l, a);
  for (size_t i = 0; i < ROWS * n; i++) x[i] = ig_random_uniform(2, n, i) - 0.5;
  for (size_t r = 0; r < ROWS; r++)
    for (size_t i = 0; i < n; i++) right[r * n + i] = product_of(n, a, i, x + r * n);
  assert_true(ig_cholesky_factor(NULL, n, a));
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k <= i; k++) assert_true(fabs(a[i * n + k] - l[i * n + k]) < 1e-12);
  ig_cholesky_solve(n, a, ROWS, right);
  for (size_t i = 0; i < ROWS * n; i++) assert_true(fabs(right[i] - x[i]) < 1e-11);
}

static void factors_and_solutions_are_found(void **state) {
  (void)state;
  static const size_t sizes[] = {1, 2, 7, 8, 31, 32, 33, 64, MOST};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) check_size(sizes[i]);
}

static void others_are_refused(void **state) {
  (void)state;
  double indefinite[] = {1, 0, 2, 1}, zero[] = {0}, not_a_number[] = {NAN};
  assert_false(ig_cholesky_factor(NULL, 2, indefinite));
  assert_false(ig_cholesky_factor(NULL, 1, zero));
  assert_false(ig_cholesky_factor(NULL, 1, not_a_number));
}

static void threads_change_no_bit(void **state) {
  (void)state;
  static double l[MOST * MOST], one[MOST * MOST], three[MOST * MOST];
  ig_pool *pool;
  assert_int_equal(ig_pool_create(3, &pool, NULL), IG_OK);
  make_matrix(MOST, l, one);
  make_matrix(MOST, l, three);
  assert_true(ig_cholesky_factor(NULL, MOST, one));
  assert_true(ig_cholesky_factor(pool, MOST, three));
  for (size_t i = 0; i < MOST; i++)
    assert_memory_equal(one + i * MOST, three + i * MOST, (i + 1) * sizeof *one);
  ig_pool_free(pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(factors_and_solutions_are_found),
                                     cmocka_unit_test(others_are_refused),
                                     cmocka_unit_test(threads_change_no_bit)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
