// Products of operands rounded to bfloat16 with AMX on a model of its instructions.
#include <stdio.h>
#if defined(__AVX512BF16__)
#include "modelled_tiles.h"

// By another name, for the library may have the real one.
#define ig_bf16_unit_amx unit_of_modelled_tiles
#include "kernel/x86_amx/bf16_unit_amx.c"
#include "bf16_products.h"
#include "kernel/kernels.h"

static bool products_are_right_on_tiles(void) {
  product_case at;
  return first_fault(&unit_of_modelled_tiles, &at) == NULL;
}

static void tiles_have_the_bits_of_the_contract(void **state) {
  (void)state;
  expect_right_on_the_model_alone(products_are_right_on_tiles);
}

int main(void) {
  if (!ig_kernels_supported(&ig_kernels_avx512_bf16)) {
    puts("skipped: this CPU lacks AVX-512 BF16");
    return 77;
  }
  const struct CMUnitTest tests[] = {cmocka_unit_test(tiles_have_the_bits_of_the_contract)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void) {
  puts("skipped: not compiled for AVX-512 BF16");
  return 77;
}
#endif
