// safetensors: round trips, and every way in which a header can be wrong.
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

#include "base/file.h"
#include "io/safetensors.h"

static char directory[] = "/tmp/ingot-safetensors-XXXXXX";
static char path[256], path2[256], index_path[256];

static int make_directory(void **state) {
  (void)state;
  if (!mkdtemp(directory)) return -1;
  snprintf(path, sizeof path, "%s/model.safetensors", directory);
  snprintf(path2, sizeof path2, "%s/b.safetensors", directory);
  snprintf(index_path, sizeof index_path, "%s/model.safetensors.index.json", directory);
  return 0;
}

static int remove_directory(void **state) {
  (void)state;
  unlink(path);
  unlink(path2);
  unlink(index_path);
  return rmdir(directory);
}

// Writes a file of the given header and `data` bytes of zeros. length: what the prefix claims it
// is; -1: what it is.
static void write_raw(const char *to, const char *header, size_t data, int64_t length) {
  char bytes[4096] = {0};
  uint64_t n = length < 0 ? strlen(header) : (uint64_t)length;
  for (int i = 0; i < 8; ++i) bytes[i] = (char)(n >> (8 * i));
  memcpy(bytes + 8, header, strlen(header));
  assert_int_equal(ig_file_write(to, bytes, 8 + strlen(header) + data, NULL), IG_OK);
}

static void expect_failure(ig_status expected, const char *part) {
  ig_error err = {0};
  ig_safetensors *file;
  assert_int_equal(ig_safetensors_open_file(path, &file, &err), expected);
  assert_null(file);
  assert_non_null(strstr(err.message, "model.safetensors"));
  if (!strstr(err.message, part)) fail_msg("'%s' does not say '%s'", err.message, part);
}

static void round_trip(void **state) {
  (void)state;
  const float values[6] = {0.f, 1.f, -2.5f, 3.140625f, 65504.f, -0.09375f};
  const int64_t ids[2] = {-7, 1234567890123};
  const ig_safetensors_output tensors[] = {
      {.name = "z.weight", .dtype = IG_DTYPE_F32, .rank = 2, .shape = {2, 3}, .values = values},
      {.name = "half", .dtype = IG_DTYPE_F16, .rank = 1, .shape = {6}, .values = values},
      {.name = "brain", .dtype = IG_DTYPE_BF16, .rank = 1, .shape = {3}, .values = values},
      {.name = "empty", .dtype = IG_DTYPE_F32, .rank = 2, .shape = {0, 5}, .values = values},
      {.name = "scalar", .dtype = IG_DTYPE_F32, .rank = 0, .values = values + 2},
      {.name = "ids", .dtype = IG_DTYPE_I64, .rank = 1, .shape = {2}, .raw = ids}};
  ig_error err = {0};
  ig_safetensors *file;
  float got[6];
  assert_int_equal(ig_safetensors_write(path, tensors, 6, &err), IG_OK);
  assert_int_equal(ig_safetensors_open(directory, &file, &err), IG_OK);
  assert_int_equal(ig_safetensors_count(file), 6);
  assert_string_equal(ig_safetensors_get(file, 0)->name, "brain");
  const ig_safetensor *t = ig_safetensors_find(file, "z.weight");
  assert_non_null(t);
  assert_int_equal(t->begin % 8, 0);
  assert_int_equal(t->shape[1], 3);
  assert_int_equal(ig_safetensor_read_float(t, got, 6, &err), IG_OK);
  assert_memory_equal(got, values, sizeof got);
  assert_int_equal(ig_safetensor_read_float(ig_safetensors_find(file, "half"), got, 6, &err),
                   IG_OK);
  assert_memory_equal(got, values, sizeof got);  // each fits half precision
  assert_int_equal(ig_safetensor_read_float(ig_safetensors_find(file, "brain"), got, 3, &err),
                   IG_OK);
  assert_memory_equal(got, values, 3 * sizeof *got);
  assert_int_equal(ig_safetensor_read_float(ig_safetensors_find(file, "scalar"), got, 1, &err),
                   IG_OK);
  assert_true(got[0] == -2.5f);
  assert_int_equal(ig_safetensors_find(file, "empty")->elements, 0);
  int64_t raw[2];
  assert_int_equal(ig_safetensor_read_raw(ig_safetensors_find(file, "ids"), raw, &err), IG_OK);
  assert_memory_equal(raw, ids, sizeof ids);
  assert_int_equal(ig_safetensor_read_float(ig_safetensors_find(file, "ids"), got, 2, &err),
                   IG_ERROR_UNSUPPORTED);
  assert_int_equal(ig_safetensor_read_float(t, got, 5, &err), IG_ERROR_FORMAT);
  assert_null(ig_safetensors_find(file, "absent"));
  ig_safetensors_close(file);
}

static void cut_short_meanwhile(void **state) {
  (void)state;
  const float values[3] = {1, 2, 3};
  const ig_safetensors_output tensor = {
      .name = "w", .dtype = IG_DTYPE_F32, .rank = 1, .shape = {3}, .values = values};
  ig_error err = {0};
  ig_safetensors *file;
  float got[3];
  assert_int_equal(ig_safetensors_write(path, &tensor, 1, &err), IG_OK);
  assert_int_equal(ig_safetensors_open(directory, &file, &err), IG_OK);
  assert_int_equal(truncate(path, 100), 0);
  assert_int_equal(ig_safetensor_read_float(ig_safetensors_get(file, 0), got, 3, &err),
                   IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "cut short"));
  ig_safetensors_close(file);
}

static void weights_are_finite(void **state) {
  (void)state;
  enum { COUNT = 20000 };
  static float values[COUNT], got[COUNT];
  static const ig_dtype dtypes[] = {IG_DTYPE_F32, IG_DTYPE_BF16, IG_DTYPE_F16};
  static const float wrong[] = {NAN, INFINITY, -INFINITY};
  for (int i = 0; i < 3; i++) {
    const size_t at = i == 0 ? COUNT - 1 : 17 * (size_t)i;
    const ig_safetensors_output tensor = {
        .name = "w", .dtype = dtypes[i], .rank = 1, .shape = {COUNT}, .values = values};
    char place[64];
    snprintf(place, sizeof place, "tensor w: value %zu of 20000", at + 1);
    ig_error err = {0};
    ig_safetensors *file;
    for (int planted = 0; planted < 2; planted++) {
      values[at] = planted ? wrong[i] : 1;
      assert_int_equal(ig_safetensors_write(path, &tensor, 1, &err), IG_OK);
      assert_int_equal(ig_safetensors_open(directory, &file, &err), IG_OK);
      assert_int_equal(ig_safetensor_read_float(ig_safetensors_get(file, 0), got, COUNT, &err),
                       IG_OK);
      assert_int_equal(ig_safetensor_read_weights(ig_safetensors_get(file, 0), got, COUNT, &err),
                       planted ? IG_ERROR_FORMAT : IG_OK);
      if (planted && !strstr(err.message, place)) fail_msg("'%s' lacks '%s'", err.message, place);
      ig_safetensors_close(file);
    }
    values[at] = 0;
  }
}

static void damaged(void **state) {
  (void)state;
  assert_int_equal(ig_file_write(path, "abc", 3, NULL), IG_OK);
  expect_failure(IG_ERROR_FORMAT, "too short");
  assert_int_equal(ig_file_write(path, NULL, 0, NULL), IG_OK);
  expect_failure(IG_ERROR_FORMAT, "too short");
  unlink(path);
  expect_failure(IG_ERROR_IO, "No such file");
  static const struct {
    const char *header;
    size_t data;
    int64_t length;
    const char *message;
  } cases[] = {
      {"{}", 4, -1, "account for 0"},
      {"{}", 0, 100, "header of 100 bytes"},
      {"{}", 0, INT64_MAX, "damaged"},
      {"{}", 0, 0, "not a JSON object"},
      {"[]", 0, -1, "not a JSON object"},
      {"{\"a\":", 0, -1, "not valid JSON"},
      {"{\"a\":1}", 0, -1, "tensor a: expected an object"},
      {"{\"__metadata__\":{\"format\":1}}", 0, -1, "expected a string"},
      {"{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, -1,
       "unknown dtype 'F33'"},
      {"{\"a\":{\"dtype\":\"float32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, -1,
       "unknown dtype"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":0}}", 4, -1,
       "unknown key x"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, -1, "non-negative"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", 4, -1, "non-negative"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", 4, -1,
       "expected an array"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,4]}}", 4,
       -1, "too large"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387905],\"data_offsets\":[0,4]}}", 4, -1,
       "too large"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4, -1,
       "rank 9"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4, -1,
       "outside the 4 bytes"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, -1, "outside"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4, -1, "outside"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, -1, "two integers"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, -1, "need 4 bytes"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, -1, "a hole"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 8, -1, "account for 4"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\","
       "\"shape\":[2],\"data_offsets\":[4,12]}}",
       12, -1, "overlap"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\","
       "\"shape\":[1],\"data_offsets\":[0,4]}}",
       4, -1, "uplicate"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    write_raw(path, cases[i].header, cases[i].data, cases[i].length);
    expect_failure(strstr(cases[i].message, "rank") ? IG_ERROR_UNSUPPORTED : IG_ERROR_FORMAT,
                   cases[i].message);
  }
  // The control: the same writer makes a file that is accepted.
  write_raw(path, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, -1);
  ig_safetensors *file;
  assert_int_equal(ig_safetensors_open_file(path, &file, NULL), IG_OK);
  ig_safetensors_close(file);
}

static void shards(void **state) {
  (void)state;
  const float values[2] = {1.f, 2.f};
  const ig_safetensors_output a = {
      .name = "a", .dtype = IG_DTYPE_F32, .rank = 1, .shape = {2}, .values = values};
  const ig_safetensors_output b = {
      .name = "b", .dtype = IG_DTYPE_F32, .rank = 1, .shape = {1}, .values = values};
  char first[256];
  snprintf(first, sizeof first, "%s/a.safetensors", directory);
  unlink(path);
  assert_int_equal(ig_safetensors_write(first, &a, 1, NULL), IG_OK);
  assert_int_equal(ig_safetensors_write(path2, &b, 1, NULL), IG_OK);
  static const struct {
    const char *index, *message;
  } cases[] = {{"{\"weight_map\":{\"a\":\"a.safetensors\",\"b\":\"b.safetensors\"}}", NULL},
               {"{\"weight_map\":{\"a\":\"a.safetensors\",\"b\":\"a.safetensors\"}}",
                "tensor b is not in a.safetensors"},
               {"{\"weight_map\":{\"b\":\"b.safetensors\",\"c\":\"b.safetensors\"}}",
                "tensor c is not in b.safetensors"},
               {"{\"weight_map\":{\"a\":\"../a.safetensors\"}}", "same directory"},
               {"{\"weight_map\":{\"a\":\"c.safetensors\"}}", "No such file"},
               {"{\"weight_map\":[]}", "expected an object"},
               {"[]", "expected a JSON object"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    ig_error err = {0};
    ig_safetensors *file;
    assert_int_equal(ig_file_write(index_path, cases[i].index, strlen(cases[i].index), NULL),
                     IG_OK);
    ig_status status = ig_safetensors_open(directory, &file, &err);
    if (cases[i].message) {
      assert_int_not_equal(status, IG_OK);
      if (!strstr(err.message, cases[i].message))
        fail_msg("'%s' does not say '%s'", err.message, cases[i].message);
      continue;
    }
    assert_int_equal(status, IG_OK);
    assert_int_equal(ig_safetensors_count(file), 2);
    assert_non_null(strstr(ig_safetensors_find(file, "b")->file, "b.safetensors"));
    ig_safetensors_close(file);
  }
  unlink(first);
}

static void write_refuses(void **state) {
  (void)state;
  const float value = 1.f;
  ig_safetensors_output pair[2] = {{.name = "a", .dtype = IG_DTYPE_F32, .values = &value},
                                   {.name = "a", .dtype = IG_DTYPE_F32, .values = &value}};
  ig_error err = {0};
  assert_int_equal(ig_safetensors_write(path, pair, 2, &err), IG_ERROR_ARGUMENT);
  pair[0].dtype = IG_DTYPE_I32;
  assert_int_equal(ig_safetensors_write(path, pair, 1, &err), IG_ERROR_UNSUPPORTED);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(round_trip),
                                     cmocka_unit_test(cut_short_meanwhile),
                                     cmocka_unit_test(weights_are_finite),
                                     cmocka_unit_test(damaged),
                                     cmocka_unit_test(shards),
                                     cmocka_unit_test(write_refuses)};
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
