// The product of int8 values with AMX on a model of its instructions.
#include <stdio.h>
#if defined(__AVX512VNNI__)
#include "modelled_tiles.h"

// By another name, for the library may have the real one.
#define ig_int8_multiply_amx multiply_by_modelled_tiles
#include "kernel/x86_amx/int8_amx.c"
#include "int8_products.h"
#include "kernel/kernels.h"

static bool products_are_right_on_tiles(void) {
  return products_are_right(multiply_by_modelled_tiles);
}

static void tiles_have_the_bits_of_whole_numbers(void **state) {
  (void)state;
  expect_right_on_the_model_alone(products_are_right_on_tiles);
}

int main(void) {
  if (!ig_kernels_supported(&ig_kernels_avx512_vnni)) {
    puts("skipped: this CPU lacks AVX-512 VNNI");
    return 77;
  }
  const struct CMUnitTest tests[] = {cmocka_unit_test(tiles_have_the_bits_of_whole_numbers)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void) {
  puts("skipped: not compiled for AVX-512 VNNI");
  return 77;
}
#endif
