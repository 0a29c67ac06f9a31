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

// What a value of a row or a column becomes in a layout, by the formulas of its type.
static double rounded(ig_weight_layout layout, bool weight, float x, float largest) {
  if (layout == IG_WEIGHT_LAYOUT_INT8_PANELS)
    return (double)(largest / 127) * rint((double)(x * (127 / largest)));
  if (layout == IG_WEIGHT_LAYOUT_BFLOAT16_PANELS && weight) {  // 8 bits of mantissa
    int exponent;
    const double mantissa = frexp((double)x, &exponent);
    return ldexp(rint(mantissa * 256), exponent - 8);
  }
  return (double)x;
}

static float largest_of(const float *x, size_t count, size_t stride) {
  float largest = 0;
  for (size_t i = 0; i < count; i++) largest = fmaxf(largest, fabsf(x[i * stride]));
  return largest;
}

// C[i][j] from the plain operands.
static double expected_value(const ig_gemm *g, ig_weight_layout layout, size_t i, size_t j) {
  const float *a = g->a + i * g->a_row, *b = g->b + j * g->b_column;
  const float a_most = largest_of(a, g->k, g->a_depth), b_most = largest_of(b, g->k, g->b_depth);
  double sum = 0;
  for (size_t q = 0; q < g->k; q++)
    sum += rounded(layout, false, a[q * g->a_depth], a_most) *
           rounded(layout, true, b[q * g->b_depth], b_most);
  return sum;
}

static double largest_error(const ig_gemm *g, ig_weight_layout layout) {
  double largest = 0;
  for (size_t i = 0; i < g->m; i++)
    for (size_t j = 0; j < g->n; j++)
      largest =
          fmax(largest, fabs(expected_value(g, layout, i, j) - (double)g->c[i * g->c_row + j]));
  return largest;
}

static const ig_kernels *selected_kernels(void) {
  const ig_kernels *kernels;
  assert_int_equal(ig_kernels_select(&kernels, NULL), IG_OK);
  return kernels;
}

static ig_matrix_product run_product(const ig_matrix_product_shape *shape) {
  ig_nn nn = {.kernels = selected_kernels()};
  ig_matrix_product p;
  assert_int_equal(ig_matrix_product_create(&nn, shape, &p, NULL), IG_OK);
  assert_true(ig_matrix_product_operations(&p) == 2.0 * (double)(shape->m * shape->n * shape->k));
  assert_true(ig_matrix_product_seconds(&nn, &p) > 0);
  assert_null(nn.scratch);
  return p;
}

static void every_kind_is_the_product_it_names(void **state) {
  (void)state;
  const size_t m = 5, n = 37, k = 19;
  for (int kind = 0; kind < IG_MATRIX_PRODUCT_KINDS; kind++) {
    ig_matrix_product p = run_product(
        &(ig_matrix_product_shape){.kind = (ig_matrix_product_kind)kind, .m = m, .n = n, .k = k});
    const bool weight = kind == IG_MATRIX_PRODUCT_BACKWARD_WEIGHT,
               rows = kind == IG_MATRIX_PRODUCT_FORWARD || kind == IG_MATRIX_PRODUCT_PACKED;
    assert_true(p.gemm.a_row == (weight ? 1 : k) && p.gemm.a_depth == (weight ? m : 1));
    assert_true(p.gemm.b_depth == (rows ? 1 : n) && p.gemm.b_column == (rows ? k : 1));
    assert_true(largest_error(&p.gemm, IG_WEIGHT_LAYOUT_FLOAT32_PANELS) < 1e-5);
    ig_matrix_product_free(&p);
  }
}

// And not the product of another layout: rounding shows.
static void a_packed_weight_has_the_layout_it_names(void **state) {
  (void)state;
  static const ig_weight_layout layouts[] = {IG_WEIGHT_LAYOUT_FLOAT32_PANELS,
                                             IG_WEIGHT_LAYOUT_BFLOAT16_PANELS,
                                             IG_WEIGHT_LAYOUT_INT8_PANELS};
  enum { LAYOUTS = sizeof layouts / sizeof *layouts };
  for (size_t i = 0; i < LAYOUTS; i++) {
    ig_matrix_product p = run_product(&(ig_matrix_product_shape){
        .kind = IG_MATRIX_PRODUCT_PACKED, .m = 5, .n = 37, .k = 70, .layout = layouts[i]});
    assert_int_equal(p.gemm.packed.layout, layouts[i]);
    for (size_t j = 0; j < LAYOUTS; j++) {
      const double error = largest_error(&p.gemm, layouts[j]);
      assert_true(i == j ? error < 1e-5 : error > 1e-4);
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
                               &(ig_matrix_product_shape){.kind = IG_MATRIX_PRODUCT_FORWARD,
                                                          .m = (size_t)1 << 31,
                                                          .n = 64,
                                                          .k = (size_t)1 << 31},
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
    for (int peak = 0; peak < IG_PEAKS; peak++) {
      value = 0;
      assert_int_equal(ig_machine_peak(NULL, (ig_peak)peak, threads, &value, &err), IG_OK);
      assert_true(value > 0 && isfinite(value));
    }
  }
  assert_int_equal(ig_machine_peak("abacus", IG_PEAK_INFERENCE, 1, &value, &err),
                   IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "abacus"));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_kind_is_the_product_it_names),
                                     cmocka_unit_test(a_packed_weight_has_the_layout_it_names),
                                     cmocka_unit_test(operands_too_large_are_an_error),
                                     cmocka_unit_test(the_machine_reads_and_multiplies)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
