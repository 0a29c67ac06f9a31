// CMA-ES: what it adapts is what the tutorial's equations say (tests/golden/cma_es), and it reaches
// known optima within a stated number of evaluations, the same for the same seed. Eigenvectors of
// symmetric matrices.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../golden/cma_es/expected.h"
#include "base/random.h"
#include "numeric/cma_es.h"
#include "numeric/symmetric_eigen.h"

// ---- beside the equations ---------------------------------------------------

enum { N = 3, POPULATION = 7, GENERATIONS = 5 };
static const double start[N] = {0.5, 0.4, 0.6};

static double golden_value(const double *x) {
  const double a = x[0] - 0.2, b = x[1] - 0.7 * x[0];
  return a * a + 10 * b * b + fabs(x[2] - 0.9);
}

static double worst_of(const double *a, const double *b, size_t count) {
  double worst = 0;
  for (size_t i = 0; i < count; i++) worst = fmax(worst, fabs(a[i] - b[i]));
  return worst;
}

static ig_cma_es adapt(double planted) {
  const ig_cma_es_args args = {
      .dimensions = N, .population = POPULATION, .start = start, .step = 0.3, .seed = 0};
  ig_cma_es c;
  assert_int_equal(ig_cma_es_make(&args, &c, NULL), IG_OK);
  c.c_mu += planted;
  for (int g = 0; g < GENERATIONS; g++) {
    double x[POPULATION * N], values[POPULATION];
    for (int p = 0; p < POPULATION; p++)
      for (int i = 0; i < N; i++)
        x[p * N + i] = start[i] + 0.4 * sin(1 + 3 * g + 0.7 * p + 1.3 * i * (p + 1));
    for (int p = 0; p < POPULATION; p++) values[p] = golden_value(x + p * N);
    ig_cma_es_tell(&c, x, values);
  }
  return c;
}

static void adapts_as_the_equations_say(void **state) {
  (void)state;
  ig_cma_es c = adapt(0);
  assert_true(worst_of(c.weights, expected_weights, POPULATION) < 1e-14);
  assert_true(worst_of(c.mean, expected_mean, N) < 1e-12);
  assert_true(worst_of(&c.sigma, expected_sigma, 1) < 1e-12);
  assert_true(worst_of(c.path, expected_path, N) < 1e-12);
  assert_true(worst_of(c.step_path, expected_step_path, N) < 1e-12);
  assert_true(worst_of(c.covariance, expected_covariance, N * N) < 1e-12);
  ig_cma_es_free(&c);
  c = adapt(1e-6);  // the comparison sees a small mistake
  assert_true(worst_of(c.covariance, expected_covariance, N * N) > 1e-8);
  ig_cma_es_free(&c);
}

// ---- optima -----------------------------------------------------------------

typedef double (*function)(const double *x, size_t n);

static double sphere(const double *x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
  return sum;
}

static double rosenbrock(const double *x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i + 1 < n; i++) {
    const double a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
    sum += 100 * a * a + b * b;
  }
  return sum;
}

// Axes of a ratio of 1000, turned so that no coordinate is by itself.
static double ellipsoid(const double *x, size_t n) {
  double sum = 0, mean = 0;
  for (size_t i = 0; i < n; i++) mean += x[i];
  mean *= 2 / (double)n;
  for (size_t i = 0; i < n; i++) {
    const double y = x[i] - mean;  // a reflection
    sum += pow(1e6, (double)i / ((double)n - 1)) * y * y;
  }
  return sum;
}

// How many evaluations it takes from 0.8 on each axis until the value is below 1e-10.
static size_t evaluations(function f, size_t n, uint64_t seed) {
  double *first = malloc(n * sizeof *first);
  for (size_t i = 0; i < n; i++) first[i] = 0.8;
  const ig_cma_es_args args = {
      .dimensions = n, .population = 0, .start = first, .step = 0.5, .seed = seed};
  ig_cma_es c;
  assert_int_equal(ig_cma_es_make(&args, &c, NULL), IG_OK);
  double *x = malloc(c.population * n * sizeof *x), *values = malloc(c.population * sizeof *values);
  double best = INFINITY;
  size_t count = 0;
  while (best > 1e-10 && count < 100000) {
    ig_cma_es_ask(&c, x);
    for (size_t p = 0; p < c.population; p++, count++)
      best = fmin(best, values[p] = f(x + p * n, n));
    ig_cma_es_tell(&c, x, values);
  }
  free(first);
  free(x);
  free(values);
  ig_cma_es_free(&c);
  return count;
}

static void reaches_optima(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 5; seed++) {
    assert_in_range(evaluations(sphere, 1, seed), 1, 300);
    assert_in_range(evaluations(sphere, 10, seed), 1, 2500);
    assert_in_range(evaluations(rosenbrock, 2, seed), 1, 1500);
    assert_in_range(evaluations(rosenbrock, 5, seed), 1, 7000);
    assert_in_range(evaluations(ellipsoid, 8, seed), 1, 6000);
  }
}

static void a_seed_is_a_path(void **state) {
  (void)state;
  const size_t one = evaluations(ellipsoid, 5, 3);
  assert_int_equal(evaluations(ellipsoid, 5, 3), one);
  const ig_cma_es_args args = {
      .dimensions = N, .population = POPULATION, .start = start, .step = 0.3, .seed = 1};
  ig_cma_es a, b;
  double x[POPULATION * N], y[POPULATION * N];
  assert_int_equal(ig_cma_es_make(&args, &a, NULL), IG_OK);
  assert_int_equal(ig_cma_es_make(&args, &b, NULL), IG_OK);
  ig_cma_es_ask(&a, x);
  ig_cma_es_ask(&b, y);
  assert_memory_equal(x, y, sizeof x);
  b.seed = 2;
  ig_cma_es_ask(&b, y);
  assert_memory_not_equal(x, y, sizeof x);
  ig_cma_es_free(&a);
  ig_cma_es_free(&b);
}

// ---- eigenvectors -----------------------------------------------------------

enum { SIDE = 9 };

static void eigenvectors_rebuild_the_matrix(void **state) {
  (void)state;
  double a[SIDE * SIDE], copy[SIDE * SIDE], values[SIDE], vectors[SIDE * SIDE];
  for (int i = 0; i < SIDE; i++)
    for (int k = 0; k <= i; k++)
      a[i * SIDE + k] = a[k * SIDE + i] = ig_random_normal(1, 2, (uint64_t)(i * SIDE + k));
  memcpy(copy, a, sizeof a);
  ig_symmetric_eigen_decompose(SIDE, copy, values, vectors);
  for (int i = 0; i < SIDE; i++)
    for (int k = 0; k < SIDE; k++) {
      double sum = 0, product = 0;
      for (int e = 0; e < SIDE; e++) {
        sum += values[e] * vectors[i * SIDE + e] * vectors[k * SIDE + e];
        product += vectors[e * SIDE + i] * vectors[e * SIDE + k];
      }
      assert_true(fabs(sum - a[i * SIDE + k]) < 1e-13);
      assert_true(fabs(product - (i == k)) < 1e-13);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(adapts_as_the_equations_say),
      cmocka_unit_test(reaches_optima),
      cmocka_unit_test(a_seed_is_a_path),
      cmocka_unit_test(eigenvectors_rebuild_the_matrix),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
