// CPU detection on recorded CPUID tables, and the choice of a table by IG_ISA.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "kernel/detect.h"
#include "ingot.h"
#include "kernel/kernels.h"

enum {
  AVX2 = IG_CPU_FEATURE_AVX2,
  AVX512 = IG_CPU_FEATURE_AVX512,
  AMX = IG_CPU_FEATURE_AMX,
  AVX_VNNI = IG_CPU_FEATURE_AVX_VNNI,
  AVX512_VNNI = IG_CPU_FEATURE_AVX512_VNNI,
  AVX512_BF16 = IG_CPU_FEATURE_AVX512_BF16,
};

static void recorded_cpus(void **state) {
  (void)state;
  static const struct {
    const char *name;
    ig_cpu_leaves leaves;
    unsigned features;
  } cpus[] = {
      {"Haswell, Core i7-4770", {0x7ffafbffu, 0x000027abu, 0x07, 0, 0, 0}, AVX2},
      {"Zen 3, Ryzen 9 5950X", {0x7ef8320bu, 0x219c97a9u, 0x207, 0, 0, 0}, AVX2},
      {"Skylake-X, Core i9-7900X", {0x7ffefbffu, 0xd39ffffbu, 0xff, 0, 0, 0}, AVX2 | AVX512},
      {"Skylake-X, system saves ymm but not zmm", {0x7ffefbffu, 0xd39ffffbu, 0x07, 0, 0, 0}, AVX2},
      {"Skylake-X, system saves no AVX state", {0x7ffefbffu, 0xd39ffffbu, 0x03, 0, 0, 0}, 0},
      {"Skylake-X, system without XSAVE", {0x77fefbffu, 0xd39ffffbu, 0, 0, 0, 0}, 0},
      {"Sandy Bridge, Core i7-2600: AVX alone", {0x1fbae3ffu, 0, 0x07, 0, 0, 0}, 0},
      {"Zen 4, EPYC, in a virtual machine",
       {0xfffa3203u, 0xf1bf07abu, 0xe7, 0x10u, 0x20u, 0x405fc6u},
       AVX2 | AVX512 | AVX512_VNNI | AVX512_BF16},
      // Of its leaf7_ecx, the bit of AVX512_VNNI alone is on record.
      {"Sapphire Rapids, Xeon, in a virtual machine",
       {0xfffa3203u, 0xf1bf2ffbu, 0x600e7, 0x23c14010u, 0x1c30u, 0x800u},
       AVX2 | AVX512 | AMX | AVX_VNNI | AVX512_VNNI | AVX512_BF16},
      {"Sapphire Rapids, system saves no tiles",
       {0xfffa3203u, 0xf1bf2ffbu, 0xe7, 0x23c14010u, 0x1c30u, 0x800u},
       AVX2 | AVX512 | AVX_VNNI | AVX512_VNNI | AVX512_BF16},
      {"Sapphire Rapids with its tiles hidden",
       {0xfffa3203u, 0xf1bf2ffbu, 0x600e7, 0x22814010u, 0x1c30u, 0x800u},
       AVX2 | AVX512 | AVX_VNNI | AVX512_VNNI | AVX512_BF16},
      {"AVX-512F without BW, DQ and VL: Knights Landing",
       {0x7ff8f3bfu, 0x1c0d23abu, 0xe7, 0, 0, 0},
       AVX2},
  };
  for (size_t i = 0; i < sizeof cpus / sizeof *cpus; i++) {
    const unsigned features = ig_detect_features(&cpus[i].leaves);
    if (features != cpus[i].features)
      fail_msg("%s: features 0x%x, expected 0x%x", cpus[i].name, features, cpus[i].features);
  }
}

static void the_environment_chooses(void **state) {
  (void)state;
  const ig_kernels *kernels = NULL;
  const char *name = NULL;
  ig_error err;
  for (const ig_kernels *const *table = ig_kernels_all(); *table; table++) {
    setenv("IG_ISA", (*table)->name, 1);
    ig_status status = ig_kernels_select(&kernels, &err);
    if (ig_kernels_supported(*table)) {
      assert_int_equal(status, IG_OK);
      assert_ptr_equal(kernels, *table);
      assert_int_equal(ig_isa_name(&name, &err), IG_OK);
      assert_string_equal(name, (*table)->name);
    } else {
      assert_int_equal(status, IG_ERROR_UNSUPPORTED);
      assert_non_null(strstr(err.message, (*table)->name));
    }
  }
  setenv("IG_ISA", "avx3", 1);
  assert_int_equal(ig_kernels_select(&kernels, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "avx3"));
  unsetenv("IG_ISA");
  assert_int_equal(ig_kernels_select(&kernels, &err), IG_OK);
  assert_true(ig_kernels_supported(kernels));
}

// Every table that runs here, in the order of ig_kernels_all, and nothing after the last.
static void instruction_sets_are_listed(void **state) {
  (void)state;
  size_t count = 0;
  for (const ig_kernels *const *table = ig_kernels_all(); *table; table++) {
    if (ig_kernels_supported(*table))
      assert_string_equal(ig_isa_supported(count++), (*table)->name);
  }
  assert_null(ig_isa_supported(count));
}

static void the_cpu_has_a_name(void **state) {
  (void)state;
  char name[64];
  memset(name, 'x', sizeof name);
  ig_cpu_name(name);
  assert_non_null(memchr(name, '\0', sizeof name));
  assert_true(name[0] != '\0' && name[0] != ' ' && name[strlen(name) - 1] != ' ');
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(recorded_cpus), cmocka_unit_test(the_environment_chooses),
      cmocka_unit_test(instruction_sets_are_listed), cmocka_unit_test(the_cpu_has_a_name)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
