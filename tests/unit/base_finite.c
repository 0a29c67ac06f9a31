// Where the first value that is not finite lies, for every place in rows of several lengths.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/finite.h"

static void test_first_place(void **state) {
  (void)state;
  static const float wrong[] = {NAN, -NAN, INFINITY, -INFINITY};
  float x[40];
  for (size_t count = 0; count <= 40; ++count)
    for (size_t at = 0; at < count; ++at) {
      for (size_t i = 0; i < count; ++i) x[i] = i % 2 ? -3.4028234664e38f : 1e-45f;
      assert_int_equal(ig_finite_until(x, count), count);
      // A second one after it changes nothing.
      x[count - 1] = NAN;
      x[at] = wrong[(at + count) % 4];
      assert_int_equal(ig_finite_until(x, count), at);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_first_place)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
