// Binary files of variables: what they hold, and hostile ones. None crashes, or takes memory that
// its bytes do not pay for.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "io/safetensors.h"

static char directory[] = "/tmp/ingot-variables-XXXXXX";
static char path[128];

static int make_directory(void **state) {
  (void)state;
  if (!mkdtemp(directory)) return -1;
  snprintf(path, sizeof path, "%s/model.bin", directory);
  return 0;
}

static int remove_directory(void **state) {
  (void)state;
  unlink(path);
  return rmdir(directory);
}

typedef struct file_bytes {
  unsigned char bytes[1024];
  size_t size;
} file_bytes;

static void put(file_bytes *b, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) b->bytes[b->size++] = (unsigned char)(value >> (8 * i));
}

static void put_name(file_bytes *b, const char *name) {
  put(b, strlen(name) + 1, 2);
  memcpy(b->bytes + b->size, name, strlen(name) + 1);
  b->size += strlen(name) + 1;
}

// What a file with a matrix of integers (2, 3) and their scales says.
typedef struct claim {
  uint64_t version;
  const char *specification;
  uint64_t variables, rank, rows, type, bytes, scales, scale_type, aliases;
  const char *target;
} claim;
static const claim honest = {6, "TransformerSpec", 2, 2, 2, 1, 6, 2, 0, 1, "a/weight"};

static void write_claim(claim c) {
  file_bytes b = {.size = 0};
  put(&b, c.version, 4);
  put_name(&b, c.specification);
  put(&b, 7, 4);
  put(&b, c.variables, 4);
  put_name(&b, "a/weight");
  put(&b, c.rank, 1);
  put(&b, c.rows, 4);
  put(&b, 3, 4);
  put(&b, c.type, 1);
  put(&b, c.bytes, 4);
  put(&b, 0x80fd027e04ff, 6);  // -1, 4, 126, 2, -3, -128
  put_name(&b, "a/weight_scale");
  put(&b, 1, 1);
  put(&b, c.scales, 4);
  put(&b, c.scale_type, 1);
  put(&b, 4 * c.scales, 4);
  put(&b, 0x40000000, 4);  // 2
  put(&b, 0x40800000, 4);  // 4
  put(&b, c.aliases, 4);
  put_name(&b, "b/weight");
  put_name(&b, c.target);
  ig_error err;
  if (ig_file_write(path, b.bytes, b.size, &err) != IG_OK) fail_msg("%s", err.message);
}

static void rows_have_scales(void **state) {
  (void)state;
  static const float expected[] = {-0.5f, 2, 63, 0.5f, -0.75f, -32};
  ig_safetensors *file;
  ig_error err;
  float values[6];
  write_claim(honest);
  if (ig_safetensors_open_file(path, &file, &err) != IG_OK) fail_msg("%s", err.message);
  assert_int_equal(ig_safetensors_count(file), 3);
  for (const char *name = "a/weight"; name; name = *name == 'a' ? "b/weight" : NULL) {
    const ig_safetensor *t = ig_safetensors_find(file, name);
    assert_non_null(t);
    assert_int_equal(t->dtype, IG_DTYPE_F32);
    assert_int_equal(t->shape[0], 2);
    assert_int_equal(ig_safetensor_read_weights(t, values, 6, NULL), IG_OK);
    assert_memory_equal(values, expected, sizeof values);
  }
  ig_safetensors_close(file);
}

static void false_claims_are_refused(void **state) {
  (void)state;
  claim cases[12];
  static const char *const messages[] = {"version 7, expected 2 to 6",
                                         "WhisperSpec is not built",
                                         "4294967295 variables in",
                                         "rank 200, at most",
                                         "6 bytes of values, expected 12884901885",
                                         "type 9 is not known",
                                         "values are cut short",
                                         "3 values of F32, expected a float for each of the 2 rows",
                                         "values of I32",
                                         "4294967295 aliases in",
                                         "b/weight is another name of c, which is missing",
                                         "bytes after its end"};
  for (size_t i = 0; i < 12; i++) cases[i] = honest;
  cases[0].version = 7;
  cases[1].specification = "WhisperSpec";
  cases[2].variables = UINT32_MAX;
  cases[3].rank = 200;
  cases[4].rows = UINT32_MAX;
  cases[5].type = 9;
  cases[6].rows = 100000;
  cases[6].bytes = 300000;
  cases[7].scales = 3;
  cases[8].scale_type = 3;
  cases[9].aliases = UINT32_MAX;
  cases[10].target = "c";
  cases[11].aliases = 0;
  for (size_t i = 0; i < 12; i++) {
    ig_safetensors *file;
    ig_error err;
    write_claim(cases[i]);
    assert_int_not_equal(ig_safetensors_open_file(path, &file, &err), IG_OK);
    if (!strstr(err.message, messages[i]))
      fail_msg("expected: %s\nfound: %s", messages[i], err.message);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_have_scales),
      cmocka_unit_test(false_claims_are_refused),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
