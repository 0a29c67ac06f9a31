// Quantized rows and their products, of every kernel table, against whole numbers: the sums are
// compared with ==. Negative controls: a product that saturates, one that forgets its rows' scales,
// and a rounding that is not to even must be noticed.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "kernel/kernels.h"

enum { GUARD = 64, GUARD_BYTE = 0x5a };

static uint32_t random_state = 1;
static uint32_t next_random(void) {
  random_state = random_state * 1664525u + 1013904223u;
  return random_state >> 8;
}

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

typedef void (*multiply_function)(const ig_int8_tile *tile);

typedef struct int8_product {
  size_t rows, columns, depth, c_row;
  int8_t *a, *b;  // (rows, depth), (columns, depth)
  ig_int8_row *row;
  uint8_t *packed;
  float *scale, *bias, *c;  // c: (rows, c_row)
} int8_product;

static size_t filled_columns(size_t columns) {
  return (columns + IG_INT8_COLUMNS - 1) / IG_INT8_COLUMNS * IG_INT8_COLUMNS;
}

static int8_t draw_value(bool extreme) {
  const int value = (int)(next_random() % 255) - 127;
  return (int8_t)(extreme ? (value < 0 ? -127 : 127) : value);
}

static void pack(const int8_product *p) {
  memset(p->packed, 77, filled_columns(p->columns) * p->depth);
  for (size_t j = 0; j < p->columns; j++)
    for (size_t d = 0; d < p->depth; d++)
      p->packed[j / IG_INT8_COLUMNS * IG_INT8_COLUMNS * p->depth +
                (d / 4 * IG_INT8_COLUMNS + j % IG_INT8_COLUMNS) * 4 + d % 4] =
          (uint8_t)(p->b[j * p->depth + d] + IG_INT8_SHIFT);
}

static int8_product draw_product(size_t rows, size_t columns, size_t depth, bool extreme) {
  int8_product p = {.rows = rows, .columns = columns, .depth = depth, .c_row = columns + 3};
  p.a = malloc(rows * depth + 1);
  p.b = malloc(columns * depth + 1);
  p.row = malloc((rows + 1) * sizeof *p.row);
  p.packed = malloc(filled_columns(columns) * depth + 1);
  p.scale = malloc((filled_columns(columns) + 1) * sizeof(float));
  p.bias = malloc((columns + 1) * sizeof(float));
  p.c = malloc((rows * p.c_row + 1) * sizeof(float));
  for (size_t i = 0; i < rows * depth; i++) p.a[i] = draw_value(extreme);
  for (size_t i = 0; i < columns * depth; i++) p.b[i] = draw_value(extreme);
  for (size_t i = 0; i < rows; i++) {
    p.row[i] = (ig_int8_row){(float)(next_random() % 1000 + 1) * 1e-4f, 0};
    for (size_t d = 0; d < depth; d++) p.row[i].sum += p.a[i * depth + d];
  }
  for (size_t j = 0; j < filled_columns(columns); j++)
    p.scale[j] = (float)(next_random() % 1000 + 1) * 1e-5f;
  for (size_t j = 0; j < columns; j++) p.bias[j] = (float)(next_random() % 1000) * 1e-3f - 0.5f;
  pack(&p);
  return p;
}

static void free_product(int8_product *p) {
  free(p->a);
  free(p->b);
  free(p->row);
  free(p->packed);
  free(p->scale);
  free(p->bias);
  free(p->c);
}

static float expected(const int8_product *p, size_t i, size_t j, bool bias) {
  int64_t sum = 0;
  for (size_t d = 0; d < p->depth; d++) sum += p->a[i * p->depth + d] * p->b[j * p->depth + d];
  return fmaf((float)sum * p->row[i].scale, p->scale[j], bias ? p->bias[j] : 0.0f);
}

static bool product_is_right(multiply_function multiply, const int8_product *p, bool bias) {
  for (size_t i = 0; i < p->rows * p->c_row; i++) p->c[i] = 1234.5f;
  multiply(&(ig_int8_tile){.rows = p->rows,
                           .columns = p->columns,
                           .depth = p->depth,
                           .a = p->a,
                           .row = p->row,
                           .packed = p->packed,
                           .scale = p->scale,
                           .bias = bias ? p->bias : NULL,
                           .c = p->c,
                           .c_row = p->c_row});
  for (size_t i = 0; i < p->rows; i++)
    for (size_t j = 0; j < p->c_row; j++)
      if (p->c[i * p->c_row + j] != (j < p->columns ? expected(p, i, j, bias) : 1234.5f))
        return false;
  return true;
}

static bool products_are_right(multiply_function multiply) {
  bool right = true;
  for (size_t rows = 0; rows <= 19; rows++)
    for (size_t columns = 0; columns <= 50; columns += rows % 5 + 1) {
      const size_t depth = (rows + columns) % 4 * IG_INT8_DEPTH;
      int8_product p = draw_product(rows, columns, depth, columns % 2);
      right = product_is_right(multiply, &p, rows % 2) && right;
      free_product(&p);
    }
  // Sums that float32 has to round, and those that are the largest there are.
  int8_product deep = draw_product(5, 17, 4096, true);
  memset(deep.a, 127, 4096);
  memset(deep.b, 127, 4096);
  deep.row[0].sum = 127 * 4096;
  pack(&deep);
  right = product_is_right(multiply, &deep, true) && right;
  free_product(&deep);
  return right;
}

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
