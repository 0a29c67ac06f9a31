// The rule that tells a runaway loss from a bad batch, a bad start and a slow one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "train/divergence.h"

// The update (from 1) at which the run is given up; 0: never. The loss of update u is losses[u];
// after the last of them, it stays.
static int given_up(const ig_divergence_rule *rule, const double *losses, int count) {
  ig_divergence state = {0};
  for (int u = 1; u <= 50; u++)
    if (ig_divergence_note(rule, &state, losses[u <= count ? u - 1 : count - 1])) return u;
  return 0;
}
#define GIVEN_UP(rule, ...)                     \
  given_up(rule, (const double[]){__VA_ARGS__}, \
           (int)(sizeof((double[]){__VA_ARGS__}) / sizeof(double)))

static void rule(void **state) {
  (void)state;
  const ig_divergence_rule two = {
      .factor = 2, .updates = 3, .vocab_size = 1000};  // ln 1000 = 6.908
  assert_int_equal(GIVEN_UP(&two, 7, 6, 15), 5);       // above 14 at 3, 4 and 5
  assert_int_equal(GIVEN_UP(&two, 7, 6, 14), 0);
  assert_int_equal(GIVEN_UP(&two, 7, 15, 15, 6, 15, 15, 6), 0);  // never three in a row
  assert_int_equal(GIVEN_UP(&two, 7, 15, 15, 6, 15), 7);
  assert_int_equal(GIVEN_UP(&two, 40, 60, 79, 30, 5), 0);  // an initialisation far above ln V
  assert_int_equal(GIVEN_UP(&two, 40, 81), 4);
  assert_int_equal(GIVEN_UP(&two, 1, 13),
                   0);  // fine-tuning starts below ln V, which is the measure still
  const ig_divergence_rule off = {.factor = 0, .updates = 3, .vocab_size = 1000};
  assert_int_equal(GIVEN_UP(&off, 7, 1e30), 0);
}

static void limit(void **state) {
  (void)state;
  const ig_divergence_rule two = {.factor = 2, .updates = 3, .vocab_size = 1000};
  ig_divergence run = {.first_loss = 7};
  assert_true(fabs(ig_divergence_limit(&two, &run) - 14) < 1e-12);
  run.first_loss = 2;
  assert_true(fabs(ig_divergence_limit(&two, &run) - 2 * log(1000)) < 1e-12);
}

static void verdict(void **state) {
  (void)state;
  ig_divergence_rule two = {.factor = 2, .updates = 3, .vocab_size = 1000};  // ln 1000 = 6.908
  const ig_divergence run = {.first_loss = 7.5};
  assert_int_equal(ig_divergence_judge(&two, &run, 6.9), IG_LOSS_VERDICT_SOUND);
  assert_int_equal(ig_divergence_judge(&two, &run, 6.91), IG_LOSS_VERDICT_NOISE);
  assert_int_equal(ig_divergence_judge(&two, &run, 14.99), IG_LOSS_VERDICT_NOISE);
  assert_int_equal(ig_divergence_judge(&two, &run, 15.01), IG_LOSS_VERDICT_DIVERGED);
  assert_int_equal(ig_divergence_judge(&two, &run, (double)INFINITY), IG_LOSS_VERDICT_DIVERGED);
  two.factor = 0;
  assert_int_equal(ig_divergence_judge(&two, &run, 1e30), IG_LOSS_VERDICT_NOISE);
  assert_int_equal(ig_divergence_judge(&two, &run, (double)NAN), IG_LOSS_VERDICT_DIVERGED);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rule), cmocka_unit_test(limit),
                                     cmocka_unit_test(verdict)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
