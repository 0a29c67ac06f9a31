// The product of int8 values with AMX on a model of its instructions, so that it is tested on CPUs
// that lack them (it still takes AVX-512). The model follows the operations that the Intel SDM,
// vol. 2, gives for LDTILECFG, TILEZERO, TILELOADD, TILESTORED and TDPBSUD. Negative controls: the
// signs of the operands changed over, and tiles that are configured one row short.
#include <immintrin.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#if defined(__AVX512VNNI__)
static void model_configure(const void *configuration);
static void model_zero(size_t tile);
static void model_load(size_t tile, const void *from, size_t stride);
static void model_store(size_t tile, void *to, size_t stride);
static void model_multiply(size_t sum, size_t a, size_t b);
static bool configured;

#undef _tile_loadd
#undef _tile_stored
#undef _tile_zero
#undef _tile_dpbsud
#define _tile_loadconfig model_configure
#define _tile_release() (configured = false)
#define _tile_zero model_zero
#define _tile_loadd model_load
#define _tile_stored model_store
#define _tile_dpbsud model_multiply
// By another name, for the library may have the real one.
#define ig_int8_multiply_amx multiply_by_modelled_tiles
#include "kernel/x86_amx/int8_amx.c"
#include "int8_products.h"
#include "kernel/kernels.h"

typedef struct modelled_tile {
  size_t rows, row_bytes;
  uint8_t bytes[16][64];
} modelled_tile;
static modelled_tile model[8];
static bool changed_over, one_short;

static void model_configure(const void *configuration) {
  const tile_configuration *c = configuration;
  assert_int_equal(c->palette, 1);
  for (size_t t = 0; t < 8; t++) {
    model[t] = (modelled_tile){c->rows[t], c->row_bytes[t], {{0}}};
    assert_in_range(model[t].rows, 1, 16);
    assert_in_range(model[t].row_bytes, 4, 64);
    model[t].rows -= one_short;
  }
  configured = true;
}

static void model_zero(size_t t) {
  assert_true(configured);
  memset(model[t].bytes, 0, sizeof model[t].bytes);
}

static void model_load(size_t t, const void *from, size_t stride) {
  model_zero(t);
  for (size_t i = 0; i < model[t].rows; i++)
    memcpy(model[t].bytes[i], (const uint8_t *)from + i * stride, model[t].row_bytes);
}

static void model_store(size_t t, void *to, size_t stride) {
  assert_true(configured);
  for (size_t i = 0; i < model[t].rows; i++)
    memcpy((uint8_t *)to + i * stride, model[t].bytes[i], model[t].row_bytes);
}

static int as_signed(uint8_t byte) { return byte < 128 ? byte : byte - 256; }

// Row i of A holds, for each row k of B, four values that belong to the four of each column of B.
static void model_multiply(size_t sum, size_t a, size_t b) {
  assert_true(configured);
  assert_int_equal(model[a].row_bytes / 4, 16);
  for (size_t i = 0; i < model[sum].rows; i++)
    for (size_t j = 0; j < model[sum].row_bytes / 4; j++) {
      int32_t total;
      memcpy(&total, model[sum].bytes[i] + 4 * j, sizeof total);
      for (size_t k = 0; k < model[a].row_bytes / 4; k++)
        for (size_t q = 0; q < 4; q++) {
          const uint8_t x = model[a].bytes[i][4 * k + q], y = model[b].bytes[k][4 * j + q];
          total += changed_over ? x * as_signed(y) : as_signed(x) * y;
        }
      memcpy(model[sum].bytes[i] + 4 * j, &total, sizeof total);
    }
}

static void tiles_have_the_bits_of_whole_numbers(void **state) {
  (void)state;
  assert_true(products_are_right(multiply_by_modelled_tiles));
  assert_false(configured);
}

static void a_wrong_model_is_noticed(void **state) {
  (void)state;
  changed_over = true;
  assert_false(products_are_right(multiply_by_modelled_tiles));
  changed_over = false;
  one_short = true;
  assert_false(products_are_right(multiply_by_modelled_tiles));
}

int main(void) {
  if (!ig_kernels_supported(&ig_kernels_avx512_vnni)) {
    puts("skipped: this CPU lacks AVX-512 VNNI");
    return 77;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tiles_have_the_bits_of_whole_numbers),
      cmocka_unit_test(a_wrong_model_is_noticed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void) {
  puts("skipped: not compiled for AVX-512 VNNI");
  return 77;
}
#endif
