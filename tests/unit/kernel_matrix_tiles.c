// Products of float32 matrices with AMX on a model of its instructions: each output against a sum
// of doubles, within 4e-7 of the sum of the products' magnitudes, as unit/nn_gemm has it of a real
// unit.
#include <stdio.h>
#if defined(__AVX512BF16__)
#include <stdlib.h>
#include "modelled_tiles.h"

// By another name, for the library may have the real one.
#define ig_matrix_unit_amx unit_of_modelled_tiles
#include "kernel/x86_amx/matrix_unit_amx.c"

enum { MOST_LINES = 70, MOST_DEPTH = 100 };

typedef struct matrix_case {
  size_t m, n, k;
  bool by_line, accumulate;
} matrix_case;

static float value_at(size_t line, size_t p) {
  const uint32_t drawn = (uint32_t)(line * 2654435761u + p * 40503u + 977u) * 2246822519u;
  return ldexpf((float)(drawn >> 8) / 8388608.0f - 1.0f, (int)(p % 5) - 2);
}

// The panels of lines, one after another.
static void pack_lines(ig_panel_kind kind, size_t lines, const matrix_case *c, char *panels) {
  static float x[MOST_LINES * MOST_DEPTH];
  const size_t line_step = c->by_line ? c->k : 1, depth_step = c->by_line ? 1 : lines,
               panel = (c->k + DEPTH - 1) / DEPTH * STEP_BYTES;
  for (size_t i = 0; i < lines; i++)
    for (size_t p = 0; p < c->k; p++)
      x[i * line_step + p * depth_step] = value_at(i + (kind == IG_PANEL_ROWS ? 0 : 100), p);
  for (size_t first = 0; first < lines; first += EDGE)
    unit_of_modelled_tiles.pack(
        &(ig_panel_source){.kind = kind,
                           .count = lines - first < EDGE ? lines - first : EDGE,
                           .depth = c->k,
                           .x = x + first * line_step,
                           .x_line = line_step,
                           .x_depth = depth_step},
        panels + first / EDGE * panel);
}

static bool product_is_right(const matrix_case *c) {
  static _Alignas(64) char a[STEP_BYTES * 16], b[STEP_BYTES * 16];
  static float sums[MOST_LINES * MOST_LINES];
  const size_t steps = (c->k + DEPTH - 1) / DEPTH;
  pack_lines(IG_PANEL_ROWS, c->m, c, a);
  pack_lines(IG_PANEL_COLUMNS, c->n, c, b);
  for (size_t i = 0; i < c->m * c->n; i++) sums[i] = 0.5f;
  unit_of_modelled_tiles.multiply(&(ig_panel_product){.rows = c->m,
                                                      .columns = c->n,
                                                      .steps = steps,
                                                      .a = a,
                                                      .b = b,
                                                      .a_panel = steps * STEP_BYTES,
                                                      .b_panel = steps * STEP_BYTES,
                                                      .c = sums,
                                                      .c_row = c->n,
                                                      .accumulate = c->accumulate});
  for (size_t i = 0; i < c->m; i++)
    for (size_t j = 0; j < c->n; j++) {
      double sum = c->accumulate ? 0.5 : 0, magnitude = 0.5;
      for (size_t p = 0; p < c->k; p++) {
        const double product = (double)value_at(i, p) * (double)value_at(j + 100, p);
        sum += product;
        magnitude += fabs(product);
      }
      if (!(fabs((double)sums[i * c->n + j] - sum) <= 4e-7 * magnitude)) return false;
    }
  return true;
}

static bool products_are_right(void) {
  static const size_t edges[] = {1, 15, 16, 17, 31, 32, 33, MOST_LINES};
  enum { EDGES = sizeof edges / sizeof *edges };
  bool right = true;
  for (size_t m = 0; m < EDGES; m++)
    for (size_t n = 0; n < EDGES; n++) {
      const matrix_case c = {edges[m], edges[n], 1 + (m * 37 + n * 11) % MOST_DEPTH, (m + n) % 2,
                             (m + n) % 3 == 0};
      right = product_is_right(&c) && right;
    }
  return right;
}

static void tiles_multiply_float32(void **state) {
  (void)state;
  expect_right_on_the_model_alone(products_are_right);
}

int main(void) {
  if (!ig_kernels_supported(&ig_kernels_avx512_bf16)) {
    puts("skipped: this CPU lacks AVX-512 BF16");
    return 77;
  }
  const struct CMUnitTest tests[] = {cmocka_unit_test(tiles_multiply_float32)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void) {
  puts("skipped: not compiled for AVX-512 BF16");
  return 77;
}
#endif
