// numpy's random numbers, Python's and numpy's means, and what resampling refuses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ingot_score.h"
#include "metric/exact_mean.h"
#include "metric/numpy_random.h"

// numpy.random.default_rng(12345): bit_generator.random_raw, choice, integers(2, dtype=bool).
static void numbers_are_those_of_numpy(void **state) {
  (void)state;
  static const uint64_t raw[] = {4193609425186963869u, 5843160025838961886u, 14708796524633321433u,
                                 12474696839993944336u};
  static const uint32_t sevens[] = {4, 1, 5, 2, 1, 5, 4, 4, 6, 2, 5, 2, 3, 4};
  static const uint32_t large[] = {1424, 463,  1606, 645, 415,  1624,
                                   1309, 1377, 2013, 796, 1709, 677};
  static const uint32_t after[] = {1, 5, 2, 1, 5, 4, 4, 6, 2, 5, 2, 3, 4, 1};
  static const bool rows[] = {1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1};
  ig_numpy_random r = ig_numpy_random_seed(12345);
  for (size_t i = 0; i < 4; i++) assert_true(ig_numpy_random_u64(&r) == raw[i]);
  r = ig_numpy_random_seed(12345);
  for (size_t i = 0; i < 14; i++) assert_int_equal(ig_numpy_random_choice(&r, 7), sevens[i]);
  r = ig_numpy_random_seed(12345);
  for (size_t i = 0; i < 12; i++) assert_int_equal(ig_numpy_random_choice(&r, 2037), large[i]);
  r = ig_numpy_random_seed(12345);
  ig_numpy_random_bits bits = {0};
  for (size_t i = 0; i < 21; i++) assert_int_equal(ig_numpy_random_bit(&r, &bits), rows[i]);
  for (size_t i = 0; i < 14; i++) assert_int_equal(ig_numpy_random_choice(&r, 7), after[i]);
  r = ig_numpy_random_seed(12345);
  assert_int_equal(ig_numpy_random_choice(&r, 1), 0);
  assert_true(ig_numpy_random_u64(&r) == raw[0]);
}

static void means_are_exact(void **state) {
  (void)state;
  const double cancelling[] = {1e16, 1, -1e16, 3};
  assert_true(ig_exact_mean(cancelling, 4) == 1);
  const double tenths[] = {0.1, 0.1, 0.1};  // three of them are 0.30000000000000004
  assert_true(ig_exact_mean(tenths, 3) == 0.1);
  double many[300];
  for (int i = 0; i < 300; i++) many[i] = (i * 37 % 101) / 7.0;
  assert_true(ig_exact_mean(many, 300) == 7.1276190476190475);
  assert_true(ig_exact_mean_pairwise(many, 300, false) == 7.127619047619049);
  for (int i = 0; i < 300; i++) many[i] = (double)(float)many[i];
  assert_true(ig_exact_mean_pairwise(many, 300, true) == 7.127618789672852);
  assert_true(ig_exact_mean_pairwise(many, 5, true) == 4.800000190734863);
}

static void wrong_options_are_refused(void **state) {
  (void)state;
  static const char *const lines[] = {"a b", "c d"};
  const ig_resampled_lines both = {lines, lines, lines, 2};
  const ig_resampling cases[] = {
      {.resamples = -1}, {.trials = 2000000}, {.test = (ig_paired_test)7}};
  ig_resampled out;
  ig_error err = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_int_equal(ig_score_resampled(NULL, &cases[i], &both, &out, &err), IG_ERROR_ARGUMENT);
  assert_int_equal(ig_score_resampled(NULL, NULL, &both, &out, &err), IG_OK);
  assert_true(out.equal && !out.has_interval && out.value == out.baseline_value);
  assert_true(out.p_value == 1.0 / 10001);
  static const char *const files[] = {"x", NULL};
  const ig_resampling resampling = {0};
  const ig_squad_options wrong[] = {{.baselines = files, .baseline_count = 1},
                                    {.resampling = &resampling},
                                    {.resampling = &resampling, .resampled_exact = &out},
                                    {.resampling = &resampling,
                                     .resampled_exact = &out,
                                     .resampled_f1 = &out,
                                     .baselines = files,
                                     .baseline_count = 2}};
  ig_squad_score score;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_int_equal(ig_score_squad(&wrong[i], "a", "b", &score, &err), IG_ERROR_ARGUMENT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_are_those_of_numpy),
      cmocka_unit_test(means_are_exact),
      cmocka_unit_test(wrong_options_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
