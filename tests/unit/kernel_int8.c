// Quantized rows and their products, of every kernel table, against whole numbers: the sums are
// compared with ==. Negative controls: a product that saturates, one that forgets its rows' scales,
// and a rounding that is not to even must be noticed.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "int8_products.h"
#include "kernel/kernels.h"

enum { GUARD = 64, GUARD_BYTE = 0x5a };

// ---- quantize ---------------------------------------------------------------

typedef ig_int8_row (*quantize_function)(size_t n, const float *x, int8_t *q);

// The definition, in double: halves are exact there.
static int quantized(double x, float m) {
  const float factor = 127.0f / m;
  return (int)nearbyint((double)((float)x * factor));
}

static bool row_is_right(quantize_function quantize, size_t n, const float *x) {
  const size_t filled = ig_int8_filled_depth(n);
  int8_t *memory = malloc(filled + 2 * GUARD), *q = memory + GUARD;
  memset(memory, GUARD_BYTE, filled + 2 * GUARD);
  const ig_int8_row row = quantize(n, x, q);
  float m = 0;
  for (size_t i = 0; i < n; i++) m = fmaxf(m, fabsf(x[i]));
  bool right = row.scale == m / 127.0f;
  int32_t sum = 0;
  for (size_t i = 0; i < filled; i++) {
    right = right && q[i] == (i < n && m > 0 ? quantized(x[i], m) : 0);
    sum += q[i];
  }
  right = right && sum == row.sum;
  for (size_t i = 0; i < GUARD; i++)
    right = right && memory[i] == GUARD_BYTE && q[filled + i] == GUARD_BYTE;
  free(memory);
  return right;
}

static bool rows_are_right(quantize_function quantize) {
  float x[300] = {0};
  bool right = true;
  for (size_t n = 0; n <= 300; n++) {
    for (size_t i = 0; i < n; i++) x[i] = ldexpf((float)next_random() - 8e6f, -(int)(n % 40));
    right = right && row_is_right(quantize, n, x);
    // Halves: 127 is the largest, so that values stay what they are.
    for (size_t i = 0; i < n; i++) x[i] = (float)((int)(next_random() % 254) - 127) / 2.0f;
    if (n > 0) x[n / 2] = -127.0f;
    right = right && row_is_right(quantize, n, x);
  }
  return right;
}

static ig_int8_row round_halves_up(size_t n, const float *x, int8_t *q) {
  ig_int8_row row = ig_kernels_reference.quantize(n, x, q);
  for (size_t i = 0; i < n && row.scale > 0; i++) {
    const int value = (int)floorf(x[i] * (1.0f / row.scale) + 0.5f);
    row.sum += value - q[i];
    q[i] = (int8_t)value;
  }
  return row;
}

static void rows_are_quantized_as_defined(void **state) {
  (void)state;
  for (const ig_kernels *const *k = ig_kernels_all(); *k; k++)
    if (ig_kernels_supported(*k)) assert_true(rows_are_right((*k)->quantize));
  assert_false(rows_are_right(round_halves_up));
}

// A NaN may be anywhere in a row, and must not pass as a zero.
static void rows_without_a_scale(void **state) {
  (void)state;
  static const float bad[] = {NAN, INFINITY, -INFINITY};
  for (const ig_kernels *const *k = ig_kernels_all(); *k; k++) {
    if (!ig_kernels_supported(*k)) continue;
    for (size_t at = 0; at < 70; at++)
      for (size_t b = 0; b < 3; b++) {
        float x[70] = {0};
        int8_t q[128];
        for (size_t i = 0; i < 70; i++) x[i] = 1.0f;
        x[at] = bad[b];
        assert_true(isnan((*k)->quantize(70, x, q).scale));
      }
    const float tiny[2] = {0x1p-120f, -0x1p-130f};
    int8_t q[64];
    const ig_int8_row row = (*k)->quantize(2, tiny, q);
    assert_true(row.scale == 0 && row.sum == 0 && q[0] == 0 && q[1] == 0);
  }
}

// ---- multiply_int8 ----------------------------------------------------------

static void products_are_exact(void **state) {
  (void)state;
  for (const ig_kernels *const *k = ig_kernels_all(); *k; k++) {
    if (!ig_kernels_supported(*k))
      print_message("%s: not run, this CPU lacks it\n", (*k)->name);
    else if (!products_are_right((*k)->multiply_int8))
      fail_msg("%s: a product differs", (*k)->name);
  }
}

static int clamp_to_16_bits(int x) { return x > 32767 ? 32767 : x < -32768 ? -32768 : x; }

// What vpmaddubsw does with unsigned weights.
static void saturating_multiply(const ig_int8_tile *t) {
  for (size_t i = 0; i < t->rows; i++)
    for (size_t j = 0; j < t->columns; j++) {
      const uint8_t *panel = t->packed + j / IG_INT8_COLUMNS * IG_INT8_COLUMNS * t->depth;
      int sum = -IG_INT8_SHIFT * t->row[i].sum;
      for (size_t d = 0; d < t->depth; d += 2) {
        const uint8_t *w = panel + (d / 4 * IG_INT8_COLUMNS + j % IG_INT8_COLUMNS) * 4 + d % 4;
        const int8_t *a = t->a + i * t->depth + d;
        sum += clamp_to_16_bits(w[0] * a[0] + w[1] * a[1]);
      }
      t->c[i * t->c_row + j] =
          fmaf((float)sum * t->row[i].scale, t->scale[j], t->bias ? t->bias[j] : 0.0f);
    }
}

static void scaleless_multiply(const ig_int8_tile *t) {
  ig_int8_tile same = *t;
  ig_int8_row row = {1.0f, 0};
  for (size_t i = 0; i < t->rows; i++) {
    row.sum = t->row[i].sum;
    same.rows = 1;
    same.row = &row;
    same.a = t->a + i * t->depth;
    same.c = t->c + i * t->c_row;
    ig_kernels_reference.multiply_int8(&same);
  }
}

static void wrong_products_are_noticed(void **state) {
  (void)state;
  assert_false(products_are_right(saturating_multiply));
  assert_false(products_are_right(scaleless_multiply));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_are_quantized_as_defined),
      cmocka_unit_test(rows_without_a_scale),
      cmocka_unit_test(products_are_exact),
      cmocka_unit_test(wrong_products_are_noticed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
