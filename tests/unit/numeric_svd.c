// Singular values and vectors: orthonormal, true to the matrix, the same bytes for any number of
// threads; degenerate matrices.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/random.h"
#include "numeric/svd.h"

typedef double (*element)(size_t row, size_t column);

static ig_svd decompose(size_t rows, size_t columns, element of, int threads, void **memory) {
  *memory = calloc(ig_svd_size(rows, columns), 1);
  ig_svd s = ig_svd_lay_out(rows, columns, *memory);
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++) *ig_svd_at(&s, i, j) = of(i, j);
  ig_pool *pool;
  assert_int_equal(ig_pool_create(threads, &pool, NULL), IG_OK);
  ig_svd_decompose(&s, pool);
  ig_pool_free(pool);
  return s;
}

static double product(const double *x, const double *y, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += x[i] * y[i];
  return sum;
}

static void expect_orthonormal(const double *vectors, size_t rank, size_t length) {
  for (size_t i = 0; i < rank; i++)
    for (size_t j = 0; j <= i; j++)
      assert_true(fabs(product(vectors + i * length, vectors + j * length, length) - (i == j)) <
                  1e-12);
}

static void expect_true(const ig_svd *s, element of) {
  for (size_t i = 0; i < s->rows; i++)
    for (size_t j = 0; j < s->columns; j++) {
      double sum = 0;
      for (size_t k = 0; k < s->rank; k++)
        sum += s->values[k] * s->left[k * s->rows + i] * s->right[k * s->columns + j];
      assert_true(fabs(sum - of(i, j)) <= 1e-13 * fmax(1, s->values[0]) * (double)s->count);
    }
}

static void check(size_t rows, size_t columns, size_t rank, element of) {
  void *one, *three;
  const ig_svd s = decompose(rows, columns, of, 1, &one),
               t = decompose(rows, columns, of, 3, &three);
  assert_int_equal(s.rank, rank);
  for (size_t i = 1; i < s.count; i++) assert_true(s.values[i] <= s.values[i - 1]);
  for (size_t i = rank; i < s.count; i++) assert_true(s.values[i] == 0);
  expect_orthonormal(s.left, rank, rows);
  expect_orthonormal(s.right, rank, columns);
  expect_true(&s, of);
  assert_memory_equal(s.values, t.values, s.count * sizeof(double));
  assert_memory_equal(s.left, t.left, s.count * rows * sizeof(double));
  assert_memory_equal(s.right, t.right, s.count * columns * sizeof(double));
  free(one);
  free(three);
}

static double noise(size_t row, size_t column) { return ig_random_uniform(3, row, column) - 0.5; }
static double zero(size_t row, size_t column) { return 0 * (double)(row + column); }
static double skewed(size_t row, size_t column) {
  return noise(row, column) * pow(10, -(double)column / 2);
}
static double hilbert(size_t row, size_t column) { return 1 / (double)(row + 2 * column + 1); }
static double of_rank_two(size_t row, size_t column) {
  return noise(row, 0) * noise(column, 1) + noise(row, 2) * noise(column, 3);
}

static void shapes(void **state) {
  (void)state;
  check(1, 1, 1, noise);
  check(1, 9, 1, noise);
  check(9, 1, 1, noise);
  check(12, 12, 12, noise);
  check(13, 13, 13, noise);
  check(70, 33, 33, noise);
  check(33, 70, 33, noise);
  check(40, 20, 20, skewed);
}

static void degenerate_matrices(void **state) {
  (void)state;
  check(5, 4, 0, zero);
  check(1, 1, 0, zero);
  check(30, 20, 2, of_rank_two);
  check(20, 30, 2, of_rank_two);
}

static void expect_values(size_t rows, size_t columns, const double *expected) {
  void *memory;
  const ig_svd s = decompose(rows, columns, hilbert, 1, &memory);
  for (size_t i = 0; i < s.count; i++) assert_true(fabs(s.values[i] - expected[i]) <= 1e-14);
  free(memory);
}

// numpy.linalg.svd of 1 / (i + 2 j + 1)
static void values_are_numpys(void **state) {
  (void)state;
  expect_values(6, 4,
                (const double[]){1.387717323796758, 0.20659175533479684, 0.010757656020501367,
                                 0.00024357652385513767});
  expect_values(4, 6,
                (const double[]){1.3620640335949408, 0.18887459411132917, 0.008966578752524393,
                                 0.0001843184222451886});
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(shapes),
                                     cmocka_unit_test(degenerate_matrices),
                                     cmocka_unit_test(values_are_numpys)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
