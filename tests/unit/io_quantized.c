// Tensors of int8 with scales: the floats that they are read as, the integers themselves, and what
// may be wrong with either.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <math.h>

#include "io/quantized.h"
#include "io/safetensors.h"

enum { ROWS = 3, WIDTH = 5 };

static char path[] = "/tmp/ingot-quantized-XXXXXX";
static const int8_t integers[ROWS * WIDTH] = {127, -3, 0, 5, -127, 0, 0, 0, 0, 0, 1, 2, 3, 4, 127};
static const float scales[ROWS] = {0.5f, 0.0f, 0.0078125f};

static int make_file(void **state) {
  (void)state;
  const int descriptor = mkstemp(path);
  return descriptor < 0 ? -1 : close(descriptor);
}

static int remove_file(void **state) {
  (void)state;
  return unlink(path);
}

static ig_safetensors_output int8_tensor(const int8_t *q) {
  return (ig_safetensors_output){
      .name = "w", .dtype = IG_DTYPE_I8, .rank = 2, .shape = {ROWS, WIDTH}, .raw = q};
}

static ig_safetensors_output scale_tensor(const float *values) {
  return (ig_safetensors_output){
      .name = "w_scale", .dtype = IG_DTYPE_F32, .rank = 2, .shape = {ROWS, 1}, .values = values};
}

static ig_status open_with(const ig_safetensors_output *tensors, size_t count,
                           ig_safetensors **file, ig_error *err) {
  assert_int_equal(ig_safetensors_write(path, tensors, count, err), IG_OK);
  return ig_safetensors_open_file(path, file, err);
}

static ig_safetensors *open_pair(const int8_t *q, const float *s) {
  const ig_safetensors_output tensors[] = {int8_tensor(q), scale_tensor(s)};
  ig_safetensors *file;
  ig_error err = {0};
  if (open_with(tensors, 2, &file, &err) != IG_OK) fail_msg("%s", err.message);
  return file;
}

static void a_pair_looks_like_floats(void **state) {
  (void)state;
  ig_safetensors *file = open_pair(integers, scales);
  const ig_safetensor *t = ig_safetensors_find(file, "w");
  float all[ROWS * WIDTH], part[4];
  char bytes[11];
  assert_int_equal(ig_safetensors_count(file), 1);
  assert_int_equal(ig_safetensors_quantized_count(file), 1);
  assert_int_equal(t->dtype, IG_DTYPE_F32);
  assert_int_equal(t->bytes, sizeof all);
  assert_int_equal(ig_safetensor_stored_dtype(t), IG_DTYPE_I8);
  assert_int_equal(ig_safetensor_stored_bytes(t), ROWS * WIDTH + ROWS * sizeof(float));
  assert_int_equal(ig_safetensor_read_weights(t, all, ROWS * WIDTH, NULL), IG_OK);
  for (size_t i = 0; i < ROWS * WIDTH; i++)
    assert_true(all[i] == scales[i / WIDTH] * (float)integers[i]);
  assert_int_equal(ig_safetensor_read_part(t, 9, 4, part, NULL), IG_OK);
  assert_memory_equal(part, all + 9, sizeof part);
  assert_int_equal(ig_safetensor_read_bytes(t, 3, sizeof bytes, bytes, NULL), IG_OK);
  assert_memory_equal(bytes, (const char *)all + 3, sizeof bytes);
  ig_safetensors_close(file);
}

static void the_integers_are_there(void **state) {
  (void)state;
  ig_safetensors *file = open_pair(integers, scales);
  const ig_quantized *q = ig_safetensors_find(file, "w")->quantized;
  int8_t rows[2 * WIDTH];
  assert_int_equal(ig_quantized_read_rows(q, 1, 2, rows, NULL), IG_OK);
  assert_memory_equal(rows, integers + WIDTH, sizeof rows);
  assert_memory_equal(q->scales, scales, sizeof scales);
  ig_safetensors_close(file);
}

static void expect_refused(const ig_safetensors_output *tensors, size_t count, ig_status expected,
                           const char *part) {
  ig_safetensors *file;
  ig_error err = {0};
  assert_int_equal(open_with(tensors, count, &file, &err), expected);
  if (!strstr(err.message, part)) fail_msg("'%s' does not say '%s'", err.message, part);
}

static void wrong_scales_are_refused(void **state) {
  (void)state;
  const float wrong[] = {-0.5f, NAN, INFINITY};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    const float values[ROWS] = {1, wrong[i], 1};
    const ig_safetensors_output tensors[] = {int8_tensor(integers), scale_tensor(values)};
    expect_refused(tensors, 2, IG_ERROR_FORMAT, "w_scale: scale 2 of 3 is ");
  }
  ig_safetensors_output tensors[] = {int8_tensor(integers), scale_tensor(scales)};
  tensors[1].shape[0] = 2;
  expect_refused(tensors, 2, IG_ERROR_FORMAT, "a scale for each of the 3 rows of w");
  tensors[1] = scale_tensor(NULL);
  tensors[1].dtype = IG_DTYPE_I32;
  tensors[1].raw = scales;
  expect_refused(tensors, 2, IG_ERROR_FORMAT, "w_scale: dtype I32, expected F32");
  const ig_safetensors_output three[] = {
      int8_tensor(integers),
      scale_tensor(scales),
      {.name = "w_zero_point", .dtype = IG_DTYPE_I8, .rank = 1, .shape = {ROWS}, .raw = integers}};
  expect_refused(three, 3, IG_ERROR_UNSUPPORTED, "a zero point");
}

static void expect_unread(const int8_t *q, const float *s, ig_status expected, const char *part,
                          bool floats) {
  ig_safetensors *file = open_pair(q, s);
  const ig_safetensor *t = ig_safetensors_find(file, "w");
  float all[ROWS * WIDTH];
  int8_t rows[ROWS * WIDTH];
  ig_error err = {0};
  assert_int_equal(ig_safetensor_read_float(t, all, ROWS * WIDTH, &err), floats ? IG_OK : expected);
  assert_int_equal(ig_quantized_read_rows(t->quantized, 0, ROWS, rows, &err), expected);
  if (!strstr(err.message, part)) fail_msg("'%s' does not say '%s'", err.message, part);
  ig_safetensors_close(file);
}

static void wrong_integers_are_refused(void **state) {
  (void)state;
  int8_t q[ROWS * WIDTH];
  memcpy(q, integers, sizeof q);
  q[7] = 1;  // in the row whose scale is 0
  expect_unread(q, scales, IG_ERROR_FORMAT, "value 8 of 15 is 1, but the scale of its row is 0",
                false);
  q[7] = 0;
  q[12] = -128;
  expect_unread(q, scales, IG_ERROR_UNSUPPORTED, "value 13 of 15 is -128", true);
}

static void int8_without_scales_is_no_weight(void **state) {
  (void)state;
  const ig_safetensors_output tensor = int8_tensor(integers);
  ig_safetensors *file;
  ig_error err = {0};
  float all[ROWS * WIDTH];
  assert_int_equal(open_with(&tensor, 1, &file, &err), IG_OK);
  assert_int_equal(ig_safetensor_read_float(ig_safetensors_get(file, 0), all, ROWS * WIDTH, &err),
                   IG_ERROR_UNSUPPORTED);
  assert_non_null(strstr(err.message, "there is no tensor w_scale"));
  ig_safetensors_close(file);
}

static void scales_of_floats_stay(void **state) {
  (void)state;
  const float values[ROWS * WIDTH] = {0};
  ig_safetensors_output tensors[] = {int8_tensor(NULL), scale_tensor(scales)};
  tensors[0].dtype = IG_DTYPE_F32;
  tensors[0].values = values;
  ig_safetensors *file;
  ig_error err = {0};
  assert_int_equal(open_with(tensors, 2, &file, &err), IG_OK);
  assert_int_equal(ig_safetensors_count(file), 2);
  ig_safetensors_close(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_pair_looks_like_floats),
      cmocka_unit_test(the_integers_are_there),
      cmocka_unit_test(wrong_scales_are_refused),
      cmocka_unit_test(wrong_integers_are_refused),
      cmocka_unit_test(int8_without_scales_is_no_weight),
      cmocka_unit_test(scales_of_floats_stay),
  };
  return cmocka_run_group_tests(tests, make_file, remove_file);
}
