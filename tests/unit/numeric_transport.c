// Transport softened by its entropy: as POT finds it (tests/golden/transport/pot.txt, made by
// make_goldens.py); with next to no entropy the linear assignment, with much of it a mean; threads.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "numeric/transport.h"

enum { MOST = 64 };

static ig_transport transport;
static ig_assignment assignment;
static double gain[MOST * MOST], found[MOST * MOST], theirs[MOST * MOST];

// As make_goldens.py draws them.
static void draw(size_t n, uint64_t seed) {
  for (size_t i = 0; i < n * n; i++) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    gain[i] = (double)(seed >> 40) / (1 << 23) - 1;
  }
}

static double solve(size_t n, double regularization, ig_pool *pool) {
  const ig_transport_problem problem = {.gains = {.gain = gain, .n = n, .stride = n},
                                        .regularization = regularization,
                                        .pool = pool,
                                        .watch = NULL};
  return ig_transport_solve(&transport, &problem, found);
}

static double largest_difference(size_t n) {
  double most = 0;
  for (size_t i = 0; i < n * n; i++) most = fmax(most, fabs(found[i] - theirs[i]));
  return most;
}

static void equals_pot(void **state) {
  (void)state;
  char path[512];
  snprintf(path, sizeof path, "%s/tests/golden/transport/pot.txt", getenv("INGOT_SOURCE"));
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  size_t n, lines = 0;
  unsigned long long seed;
  double regularization;
  for (; fscanf(file, "%zu %llu %lf", &n, &seed, &regularization) == 3; lines++) {
    for (size_t i = 0; i < n * n; i++) assert_int_equal(fscanf(file, "%lf", &theirs[i]), 1);
    draw(n, seed);
    assert_true(solve(n, regularization, NULL) < 1e-9);
    assert_true(largest_difference(n) < 1e-8);
    solve(n, 1.1 * regularization, NULL);  // a negative control
    assert_true(largest_difference(n) > 1e-4);
  }
  assert_int_equal(lines, 5);
  fclose(file);
}

static void expect_sums_of_one(size_t n, double tolerance) {
  for (size_t i = 0; i < n; i++) {
    double row = 0, column = 0;
    for (size_t j = 0; j < n; j++) {
      row += found[i * n + j];
      column += found[j * n + i];
    }
    assert_true(fabs(row - 1) < 1e-12 && fabs(column - 1) < tolerance);
  }
}

static void without_entropy_it_is_the_assignment(void **state) {
  (void)state;
  for (uint64_t seed = 0; seed < 30; seed++) {
    const size_t n = 1 + seed * 2;
    uint32_t column_of[MOST];
    draw(n, seed);
    ig_assignment_solve(&assignment, &(ig_assignment_gains){gain, n, n}, column_of);
    assert_true(solve(n, 1e-7, NULL) < 1e-9);
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++)
        assert_true(fabs(found[i * n + j] - (column_of[i] == j)) < 1e-6);
  }
}

static void with_much_entropy_it_is_a_mean(void **state) {
  (void)state;
  draw(20, 3);
  assert_true(solve(20, 1e6, NULL) < 1e-9);
  for (size_t i = 0; i < 400; i++) assert_true(fabs(found[i] - 0.05) < 1e-6);
}

static void sums_are_one_between(void **state) {
  (void)state;
  static const double regularizations[] = {0.003, 0.01, 0.03, 0.1, 0.3, 1};
  draw(MOST, 8);
  for (size_t i = 0; i < sizeof regularizations / sizeof *regularizations; i++) {
    const double error = solve(MOST, regularizations[i], NULL);
    expect_sums_of_one(MOST, error + 1e-12);
    assert_true(error < 1e-3);
  }
}

// Blocks of a larger matrix, and any number of threads, change no bit.
static void neither_threads_nor_strides_change_a_bit(void **state) {
  (void)state;
  ig_pool *pool;
  draw(MOST, 5);
  solve(MOST, 0.05, NULL);
  memcpy(theirs, found, sizeof found);
  assert_int_equal(ig_pool_create(3, &pool, NULL), IG_OK);
  solve(MOST, 0.05, pool);
  assert_memory_equal(theirs, found, sizeof found);
  const ig_transport_problem block = {
      .gains = {.gain = gain + 7 * MOST + 5, .n = 9, .stride = MOST}, .regularization = 0.1};
  ig_transport_solve(&transport, &block, theirs);
  for (size_t i = 0; i < 9; i++) memmove(gain + i * 9, gain + (7 + i) * MOST + 5, 9 * sizeof *gain);
  solve(9, 0.1, pool);
  assert_memory_equal(theirs, found, 81 * sizeof *found);
  ig_pool_free(pool);
}

static int set_up(void **state) {
  (void)state;
  return ig_transport_create(MOST, &transport, NULL) == IG_OK &&
                 ig_assignment_create(MOST, &assignment, NULL) == IG_OK
             ? 0
             : -1;
}

static int tear_down(void **state) {
  (void)state;
  ig_transport_free(&transport);
  ig_assignment_free(&assignment);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_pot),
      cmocka_unit_test(without_entropy_it_is_the_assignment),
      cmocka_unit_test(with_much_entropy_it_is_a_mean),
      cmocka_unit_test(sums_are_one_between),
      cmocka_unit_test(neither_threads_nor_strides_change_a_bit),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
