// Benchmarks time the products they name: the operands of each kind lie as its comment says.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "ingot_measure.h"
#include "measure/bandwidth.h"
#include "measure/matrix_product.h"

static void every_kind_is_the_product_it_names(void **state) {
  (void)state;
  const size_t m = 5, n = 37, k = 19;
  const ig_kernels *kernels;
  assert_int_equal(ig_kernels_select(&kernels, NULL), IG_OK);
  for (int kind = 0; kind < IG_MATRIX_PRODUCT_KINDS; kind++) {
    ig_nn nn = {.kernels = kernels};
    ig_matrix_product p;
    const ig_matrix_product_shape shape = {(ig_matrix_product_kind)kind, m, n, k};
    assert_int_equal(ig_matrix_product_create(&nn, &shape, &p, NULL), IG_OK);
    assert_true(ig_matrix_product_operations(&p) == 2.0 * 5 * 37 * 19);
    assert_true(ig_matrix_product_seconds(&nn, &p) > 0);
    assert_null(nn.scratch);
    const bool weight = kind == IG_MATRIX_PRODUCT_BACKWARD_WEIGHT,
               rows = kind == IG_MATRIX_PRODUCT_FORWARD || kind == IG_MATRIX_PRODUCT_PACKED;
    for (size_t i = 0; i < m; i++) {
      for (size_t j = 0; j < n; j++) {
        double sum = 0;
        for (size_t q = 0; q < k; q++)
          sum += (double)p.gemm.a[weight ? q * m + i : i * k + q] *
                 (double)p.gemm.b[rows ? j * k + q : q * n + j];
        assert_true(fabs(sum - (double)p.gemm.c[i * n + j]) < 1e-5);
      }
    }
    ig_matrix_product_free(&p);
  }
}

static void operands_too_large_are_an_error(void **state) {
  (void)state;
  ig_nn nn = {.kernels = &ig_kernels_reference};
  ig_matrix_product p;
  ig_error err;
  assert_int_equal(
      ig_matrix_product_create(&nn,
                               &(ig_matrix_product_shape){IG_MATRIX_PRODUCT_FORWARD,
                                                          (size_t)1 << 31, 64, (size_t)1 << 31},
                               &p, &err),
      IG_ERROR_MEMORY);
}

static void the_machine_reads_and_multiplies(void **state) {
  (void)state;
  double value = 0;
  ig_error err;
  const ig_kernels *kernels;
  assert_int_equal(ig_kernels_select(&kernels, &err), IG_OK);
  for (int threads = 1; threads <= 2; threads++) {
    ig_pool *pool;
    assert_int_equal(ig_pool_create(threads, &pool, &err), IG_OK);
    for (size_t bytes = 1; bytes <= 1 << 20; bytes <<= 20) {
      value = 0;
      assert_int_equal(ig_bandwidth_read(kernels, pool, bytes, &value, &err), IG_OK);
      assert_true(value > 0 && isfinite(value));
    }
    ig_pool_free(pool);
    for (ig_peak peak = IG_PEAK_INFERENCE; peak <= IG_PEAK_TRAINING; peak++) {
      value = 0;
      assert_int_equal(ig_machine_peak(NULL, peak, threads, &value, &err), IG_OK);
      assert_true(value > 0 && isfinite(value));
    }
  }
  assert_int_equal(ig_machine_peak("abacus", IG_PEAK_INFERENCE, 1, &value, &err),
                   IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "abacus"));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_kind_is_the_product_it_names),
                                     cmocka_unit_test(operands_too_large_are_an_error),
                                     cmocka_unit_test(the_machine_reads_and_multiplies)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
