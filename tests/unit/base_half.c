// The 16-bit formats: all 65536 patterns survive the way there and back, and rounding agrees with
// values that are computed in double precision.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bf16.h"
#include "base/f16.h"
#include "base/random.h"

typedef struct format {
  float (*to_float)(uint16_t);
  uint16_t (*from_float)(float);
  uint16_t infinity;
} format;

static const format formats[] = {{ig_f16_to_float, ig_f16_from_float, 0x7C00},
                                 {ig_bf16_to_float, ig_bf16_from_float, 0x7F80}};

static float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static void every_pattern_survives(void **state) {
  (void)state;
  for (size_t f = 0; f < 2; f++) {
    for (uint32_t pattern = 0; pattern < 65536; pattern++) {
      float x = formats[f].to_float((uint16_t)pattern);
      uint16_t back = formats[f].from_float(x);
      if ((pattern & 0x7FFF) > formats[f].infinity) {
        assert_true(isnan(x));
        assert_true((back & 0x7FFF) > formats[f].infinity);
        assert_int_equal(back & 0x8000, pattern & 0x8000);
      } else {
        assert_int_equal(back, pattern);
      }
    }
  }
}

static void many_are_as_each(void **state) {
  (void)state;
  static float from[65536];
  static uint16_t to[65536];
  for (uint32_t i = 0; i < 65536; i++)
    from[i] = float_of(ig_random_u32(3, 4, i) ^
                       (i % 4 == 0 ? 0x7F800000u : 0));  // many of them infinite or NaN
  from[0] = float_of(0x7FFFFFFFu);
  from[1] = float_of(0x7F800001u);
  from[2] = float_of(0x7F7FFFFFu);
  from[3] = float_of(0x3F808000u);
  ig_bf16_from_floats(65536, from, to);
  for (uint32_t i = 0; i < 65536; i++) assert_int_equal(to[i], ig_bf16_from_float(from[i]));
  static uint16_t patterns[65537];
  static float floats[65536];
  for (uint32_t i = 0; i < 65536; i++) patterns[i + 1] = (uint16_t)i;
  const char *odd = (const char *)(patterns + 1) - 1;  // a file promises no alignment
  memmove((char *)(patterns + 1) - 1, patterns + 1, 2 * 65536);
  void (*const convert[2])(size_t, const void *, float *) = {ig_f16_to_floats, ig_bf16_to_floats};
  for (size_t f = 0; f < 2; f++) {
    convert[f](65536, odd, floats);
    for (uint32_t i = 0; i < 65536; i++) {
      const float x = formats[f].to_float((uint16_t)i);
      // A processor of 32 bits returns a float through a register that changes signalling NaNs.
      if (sizeof(void *) < 8 && isnan(x) && isnan(floats[i])) continue;
      assert_memory_equal(&floats[i], &x, sizeof x);
    }
  }
}

static void known_values(void **state) {
  (void)state;
  assert_true(ig_f16_to_float(0x3C00) == 1.0f);
  assert_true(ig_f16_to_float(0xC000) == -2.0f);
  assert_true(ig_f16_to_float(0x7BFF) == 65504.0f);
  assert_true(ig_f16_to_float(0x0001) == 0x1p-24f);
  assert_true(ig_bf16_to_float(0x3F80) == 1.0f);
  assert_int_equal(ig_f16_from_float(65519.0f), 0x7BFF);
  assert_int_equal(ig_f16_from_float(65520.0f), 0x7C00);
  assert_int_equal(ig_f16_from_float(-1e30f), 0xFC00);
  assert_int_equal(ig_f16_from_float(0x1p-25f), 0x0000);  // a tie goes to even
  assert_int_equal(ig_f16_from_float(0x1.000002p-25f), 0x0001);
  assert_int_equal(ig_f16_from_float(0x1.8p-24f), 0x0002);  // a tie goes to even
  assert_int_equal(ig_f16_from_float(0x1.ffffffp-15f),
                   0x0400);  // a subnormal rounds up into the normals
  assert_int_equal(ig_bf16_from_float(float_of(0x3F808000)), 0x3F80);
  assert_int_equal(ig_bf16_from_float(float_of(0x3F818000)), 0x3F82);
  assert_int_equal(ig_bf16_from_float(float_of(0x7F7FFFFF)), 0x7F80);
  assert_int_equal(ig_bf16_from_float(float_of(0x7F800001)) & 0x7FFF,
                   0x7FC0);  // a NaN with low bits only stays a NaN
}

// The result is nearer than its neighbours; where two are as near, it is the even one. Finite
// numbers sort as their patterns do.
static void check_rounding(const format *f, float x) {
  uint16_t pattern = f->from_float(fabsf(x));
  assert_int_equal(f->from_float(-fabsf(x)), pattern | 0x8000);
  if (pattern >= f->infinity) return;
  double distance = fabs((double)f->to_float(pattern) - fabs((double)x));
  if (pattern > 0) {
    double below = fabs((double)f->to_float((uint16_t)(pattern - 1)) - fabs((double)x));
    assert_true(distance < below || (distance == below && pattern % 2 == 0));
  }
  if (pattern + 1 < f->infinity) {
    double above = fabs((double)f->to_float((uint16_t)(pattern + 1)) - fabs((double)x));
    assert_true(distance < above || (distance == above && pattern % 2 == 0));
  }
}

static void rounding_is_to_the_nearest(void **state) {
  (void)state;
  for (size_t f = 0; f < 2; f++) {
    for (uint64_t i = 0; i < 200000; i++) {
      float x = float_of(ig_random_u32(5, f, i));
      if (isfinite(x)) check_rounding(&formats[f], x);
      check_rounding(&formats[f], (float)ldexp(ig_random_uniform(6, f, i), (int)(i % 50) - 32));
    }
    for (uint32_t pattern = 0; pattern + 1u < formats[f].infinity;
         pattern++) {  // ties and their neighbours
      float tie = (float)((double)formats[f].to_float((uint16_t)pattern) * 0.5 +
                          (double)formats[f].to_float((uint16_t)(pattern + 1)) * 0.5);
      check_rounding(&formats[f], tie);
      check_rounding(&formats[f], nextafterf(tie, 0.0f));
      check_rounding(&formats[f], nextafterf(tie, INFINITY));
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_pattern_survives), cmocka_unit_test(many_are_as_each),
      cmocka_unit_test(known_values), cmocka_unit_test(rounding_is_to_the_nearest)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
