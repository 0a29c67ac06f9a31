// Types of tensors, and architectures that nobody knows.
#include "fuse_fixture.h"

#define RECIPE(rest) \
  "merge_method: linear\nmodels: [{model: a}, {model: b}]\nparameters: {weight: 1}\n" rest
#define MODEL(name, ...)                                                       \
  do {                                                                         \
    const ig_safetensors_output tensors[] = {__VA_ARGS__};                     \
    fixture_model(name, "{\"model_type\": \"made-up\", \"quux\": 7}", tensors, \
                  sizeof tensors / sizeof *tensors);                           \
  } while (0)
#define RAW(text, type, count, data) \
  { .name = text, .dtype = type, .rank = 1, .shape = {count}, .raw = data }

static const int64_t positions[] = {0, 1, 2, (int64_t)1 << 40}, others[] = {0, 1, 2, 3};
static const int32_t short_positions[] = {0, 1, 2, 3};
static const unsigned char mask[] = {1, 0, 1};
static const float single[] = {1, 2, 3, 0.1f};
static const double twice[] = {3, 2, 1, 0.1};
// 1, 2, 3, 65504 and 1, 2, 3, -0
static const uint16_t halves[] = {0x3C00, 0x4000, 0x4200, 0x7BFF},
                      brains[] = {0x3F80, 0x4000, 0x4040, 0x8000};

static int make_models(void **state) {
  if (fixture_enter(state)) return -1;
  MODEL("a", RAW("frobnicator.gizmo.7.kappa", IG_DTYPE_F32, 4, single),
        RAW("flux", IG_DTYPE_F16, 4, halves), RAW("m", IG_DTYPE_BOOL, 3, mask),
        RAW("position_ids", IG_DTYPE_I64, 4, positions));
  MODEL("b", RAW("frobnicator.gizmo.7.kappa", IG_DTYPE_F64, 4, twice),
        RAW("flux", IG_DTYPE_BF16, 4, brains), RAW("m", IG_DTYPE_BOOL, 3, mask),
        RAW("position_ids", IG_DTYPE_I64, 4, positions));
  MODEL("other-values", RAW("position_ids", IG_DTYPE_I64, 4, others));
  MODEL("other-type", RAW("position_ids", IG_DTYPE_I32, 4, short_positions));
  MODEL("positions", RAW("position_ids", IG_DTYPE_I64, 4, positions));
  return 0;
}

static void expect_bytes(const char *model, const char *name, ig_dtype dtype, const void *expected,
                         size_t bytes) {
  ig_safetensors *file;
  char found[256];
  assert_int_equal(ig_safetensors_open(model, &file, NULL), IG_OK);
  const ig_safetensor *tensor = ig_safetensors_find(file, name);
  assert_non_null(tensor);
  assert_string_equal(ig_dtype_name(tensor->dtype), ig_dtype_name(dtype));
  assert_int_equal(tensor->bytes, bytes);
  assert_int_equal(ig_safetensor_read_raw(tensor, found, NULL), IG_OK);
  assert_memory_equal(found, expected, bytes);
  ig_safetensors_close(file);
}

static void types_are_mixed_by_name(void **state) {
  (void)state;
  const float mean[] = {2, 2, 2, 0.1f}, flux[] = {1, 2, 3, 32752};
  fixture_fused(RECIPE(""), "mixed");
  expect_bytes("mixed", "frobnicator.gizmo.7.kappa", IG_DTYPE_F32, mean, sizeof mean);
  expect_bytes("mixed", "flux", IG_DTYPE_F32, flux, sizeof flux);
}

static void others_stay_as_they_are(void **state) {
  (void)state;
  fixture_fused(RECIPE("dtype: bfloat16\n"), "copied");
  expect_bytes("copied", "position_ids", IG_DTYPE_I64, positions, sizeof positions);
  expect_bytes("copied", "m", IG_DTYPE_BOOL, mask, sizeof mask);
}

// 1 + 2^-8 lies between 1 and 1 + 2^-7: to the even one, which is 1; 1 + 3 2^-8 between 1 + 2^-7
// and 1 + 2^-6: the latter. 2^-25 is half of float16's least.
static void values_are_rounded_to_nearest_even(void **state) {
  (void)state;
  const float values[] = {1.00390625f, 1.01171875f, 1.0039064f, -1.00390625f},
              small[] = {2.98023224e-8f, 8.94069672e-8f, 1.00048828125f, 65519.996f};
  const uint16_t brain[] = {0x3F80, 0x3F82, 0x3F81, 0xBF80},
                 half[] = {0x0000, 0x0002, 0x3C00, 0x7BFF};
  MODEL("fine", RAW("x", IG_DTYPE_F32, 4, values));
  MODEL("small", RAW("x", IG_DTYPE_F32, 4, small));
  fixture_fused("merge_method: passthrough\nmodels: [{model: fine}]\nout_dtype: bfloat16\n",
                "brain");
  expect_bytes("brain", "x", IG_DTYPE_BF16, brain, sizeof brain);
  fixture_fused("merge_method: passthrough\nmodels: [{model: small}]\nout_dtype: float16\n",
                "half");
  expect_bytes("half", "x", IG_DTYPE_F16, half, sizeof half);
  static const float large[] = {1, 65520};
  MODEL("large", RAW("x", IG_DTYPE_F32, 2, large));
  fixture_refused("merge_method: passthrough\nmodels: [{model: large}]\nout_dtype: float16\n",
                  "too large for float16");
}

static void integers_that_differ_are_told(void **state) {
  (void)state;
  fixture_refused(
      "merge_method: linear\nmodels: [{model: positions}, {model: other-values}]\nparameters: "
      "{weight: 1}\n",
      "I64 values that differ between positions/model.safetensors and "
      "other-values/model.safetensors");
  fixture_refused(
      "merge_method: linear\nmodels: [{model: other-type}, {model: positions}]\nparameters: "
      "{weight: 1}\n",
      "I32 in other-type");
  fixture_refused(
      "merge_method: linear\nmodels: [{model: positions}, {model: other-type}]\nparameters: "
      "{weight: 1}\n",
      "I64 in positions");
}

// non_float: base takes integers only, and only where they could be compared.
static void base_is_taken_of_integers_alone(void **state) {
  (void)state;
  static const unsigned char bytes[] = {1, 2, 3, 4, 5}, other_bytes[] = {1, 2, 3, 5, 5};
  static const ig_dtype quantised[] = {IG_DTYPE_F8_E4M3, IG_DTYPE_F8_E5M2, IG_DTYPE_F8_E8M0},
                        integers[] = {IG_DTYPE_BOOL, IG_DTYPE_U8, IG_DTYPE_I8};
#define BASE(a, b)                                                             \
  "merge_method: linear\nnon_float: base\nmodels: [{model: " a "}, {model: " b \
  "}]\n"                                                                       \
  "parameters: {weight: 1}\n"
  for (size_t i = 0; i < 3; i++) {
    MODEL("first", RAW("q", quantised[i], 4, bytes));
    MODEL("second", RAW("q", quantised[i], 4, other_bytes));
    fixture_refused(BASE("first", "second"), "quantised weights cannot be fused");
    nftw("refused.partial", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
  }
  for (size_t i = 0; i < 3; i++) {
    MODEL("first", RAW("q", integers[i], 4, bytes));
    MODEL("second", RAW("q", integers[i], 4, other_bytes));
    fixture_fused(BASE("second", "first"), "taken");
    expect_bytes("taken", "q", integers[i], other_bytes, 4);
    nftw("taken", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
  }
  MODEL("second", RAW("q", IG_DTYPE_I8, 5, other_bytes));
  fixture_refused(BASE("first", "second"), "q: [4] in first/model.safetensors, but [5] in second");
  MODEL("second", RAW("q", IG_DTYPE_U8, 4, other_bytes));
  fixture_refused(BASE("first", "second"), "q: I8 in first/model.safetensors, but U8 in second");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(types_are_mixed_by_name),
      cmocka_unit_test(others_stay_as_they_are),
      cmocka_unit_test(values_are_rounded_to_nearest_even),
      cmocka_unit_test(integers_that_differ_are_told),
      cmocka_unit_test(base_is_taken_of_integers_alone),
  };
  return cmocka_run_group_tests(tests, make_models, fixture_leave);
}
