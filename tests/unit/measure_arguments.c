// What the public header promises of the functions that measure: a failed one puts out 0, and NULL
// where something is needed is an error that names it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ingot_measure.h"
#include "model_fixture.h"

static ig_error err;

static void failed(ig_status status, const char *word) {
  assert_int_equal(status, IG_ERROR_ARGUMENT);
  assert_int_equal(err.status, IG_ERROR_ARGUMENT);
  if (!strstr(err.message, word)) fail_msg("'%s' is not in '%s'", word, err.message);
}

static void a_failed_measurement_gives_zero(void **state) {
  (void)state;
  double gflops = 7;
  ig_bandwidth bandwidth = {.cache = 7};
  setenv("IG_ISA", "abacus", 1);
  failed(ig_machine_peak(NULL, IG_PEAK_INFERENCE, 1, &gflops, &err), "abacus");
  failed(ig_machine_bandwidth(1, &bandwidth, &err), "abacus");
  unsetenv("IG_ISA");
  assert_true(gflops == 0 && bandwidth.cache == 0);
}

static void null_where_something_is_needed_is_an_error(void **state) {
  (void)state;
  failed(ig_time_model(NULL, NULL, NULL, NULL, &err), "config");
  const ig_config config = torch_config((ig_torch_options){11, 8, 2, 1, 1, 8, 0, false, NULL});
  failed(ig_time_model(&config, NULL, NULL, NULL, &err), "report");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_failed_measurement_gives_zero),
                                     cmocka_unit_test(null_where_something_is_needed_is_an_error)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
