// Learning-rate schedules follow their formulas.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "train/schedule.h"

static void near(double found, double expected) {
  if (!(fabs(found - expected) <= 1e-12)) fail_msg("expected %.15g, found %.15g", expected, found);
}

static void warm_up(void **state) {
  (void)state;
  for (int kind = 0; kind < 4; kind++) {
    const ig_schedule s = {
        .kind = (ig_schedule_kind)kind, .learning_rate = 0.4, .warmup = 100, .updates = 1000};
    near(ig_schedule_rate(&s, 1), 0.004);
    near(ig_schedule_rate(&s, 25), 0.1);
    near(ig_schedule_rate(&s, 100), 0.4);
  }
  const ig_schedule s = {.learning_rate = 0.4, .warmup_initial_rate = 0.2, .warmup = 100};
  near(ig_schedule_rate(&s, 50), 0.3);
}

static void after_the_warm_up(void **state) {
  (void)state;
  ig_schedule s = {
      .kind = IG_SCHEDULE_CONSTANT, .learning_rate = 0.4, .warmup = 100, .updates = 1099};
  near(ig_schedule_rate(&s, 900), 0.4);
  s.kind = IG_SCHEDULE_INVERSE_SQRT;
  near(ig_schedule_rate(&s, 400), 0.2);
  s.kind = IG_SCHEDULE_LINEAR;
  near(ig_schedule_rate(&s, 600), 0.2);
  near(ig_schedule_rate(&s, 1099), 0.0004);  // no update has a rate of zero
  s.minimum_rate = 0.1;
  near(ig_schedule_rate(&s, 1099), 0.1);
  s.kind = IG_SCHEDULE_COSINE;
  near(ig_schedule_rate(&s, 600), 0.25);
  near(ig_schedule_rate(&s, 5000), 0.1);
  const ig_schedule plain = {.kind = IG_SCHEDULE_INVERSE_SQRT, .learning_rate = 0.4};
  near(ig_schedule_rate(&plain, 1), 0.4);
  near(ig_schedule_rate(&plain, 16), 0.1);
}

static void names(void **state) {
  (void)state;
  ig_schedule_kind kind;
  assert_true(ig_schedule_parse("cosine", &kind));
  assert_int_equal(kind, IG_SCHEDULE_COSINE);
  assert_string_equal(ig_schedule_name(IG_SCHEDULE_INVERSE_SQRT), "inverse_sqrt");
  assert_false(ig_schedule_parse("cosin", &kind));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(warm_up), cmocka_unit_test(after_the_warm_up),
                                     cmocka_unit_test(names)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
