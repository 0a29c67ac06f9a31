// Binary files of items: what they hold, and hostile ones. None crashes, or takes memory that its
// bytes do not pay for.
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

static char directory[] = "/tmp/ingot-items-XXXXXX";
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

// ---- files of our own -------------------------------------------------------

typedef struct item_bytes {
  unsigned char bytes[1024];
  size_t size;
} item_bytes;

static void put(item_bytes *b, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) b->bytes[b->size++] = (unsigned char)(value >> (8 * i));
}

// What a file with the one item "F0::w", of shape (2, 1), says.
typedef struct claim {
  uint64_t version, count, name, type, rank, data, columns, padding;
} claim;
static const claim honest = {1, 1, 6, 0x404, 2, 8, 1, 3};

static void write_claim(claim c) {
  item_bytes b = {.size = 0};
  const uint64_t words[] = {c.version, c.count, c.name, c.type, c.rank, c.data};
  for (size_t i = 0; i < 6; i++) put(&b, words[i], 8);
  memcpy(b.bytes + b.size, "F0::w", 6);
  b.size += 6;
  put(&b, 2, 4);
  put(&b, c.columns, 4);
  put(&b, c.padding, 8);
  put(&b, 0, 3);
  put(&b, 0x3f800000, 4);  // 1
  put(&b, 0xc0000000, 4);  // -2
  ig_error err;
  if (ig_file_write(path, b.bytes, b.size, &err) != IG_OK) fail_msg("%s", err.message);
}

static void an_item_is_read(void **state) {
  (void)state;
  ig_safetensors *file;
  ig_error err;
  float values[2];
  write_claim(honest);
  if (ig_safetensors_open_file(path, &file, &err) != IG_OK) fail_msg("%s", err.message);
  assert_int_equal(ig_safetensors_count(file), 1);
  const ig_safetensor *t = ig_safetensors_find(file, "w");
  assert_non_null(t);
  assert_int_equal(t->rank, 2);
  assert_int_equal(t->shape[0], 2);
  assert_int_equal(t->shape[1], 1);
  assert_int_equal(ig_safetensor_read_float(t, values, 2, NULL), IG_OK);
  assert_true(values[0] == 1.0f);
  assert_true(values[1] == -2.0f);
  ig_safetensors_close(file);
}

static void false_claims_are_refused(void **state) {
  (void)state;
  const struct {
    claim claim;
    const char *message;
  } cases[] = {
      {{1, UINT64_MAX, 6, 0x404, 2, 8, 1, 3}, "items"},
      {{1, 2, 6, 0x404, 2, 8, 1, 3}, "item 2: a name of"},
      {{1, 1, 6, 0x18001, 2, 8, 1, 3}, "item w: type 0x18001 (intgemm8ssse3)"},
      {{1, 1, 6, 0x11001, 2, 8, 1, 3}, "(intgemm8avx2)"},
      {{1, 1, 6, 0x12001, 2, 8, 1, 3}, "(intgemm8avx512): convert the model with gemm-type"},
      {{1, 1, 6, 0x1801, 2, 8, 1, 3}, "(packed8avx2)"},
      {{1, 1, 6, 0x5101, 2, 8, 1, 3}, "type 0x5101 (packed for one kind of processor, or unknown)"},
      {{1, 1, 6, 0x4101, 2, 5, 1, 3}, "5 bytes, fewer than its shape and type need"},
      {{1, 1, 6, 0x10001, 2, 3, 1, 3}, "3 bytes, fewer than its shape and type need"},
      {{1, 1, 6, 0x10001, 2, 8, 0, 3}, "integers of rank 2 with 0 values, expected a matrix"},
      {{1, 1, 6, 0x4101, 2, 8, 2, 3}, "its integers are divided by -2"},
      {{1, 1, UINT64_MAX, 0x404, 2, 8, 1, 3}, "item 1: a name of"},
      {{1, 1, 5, 0x404, 2, 8, 1, 3}, "a name that does not end in a NUL"},
      {{1, 1, 6, 0x404, 9, 8, 1, 3}, "rank 9"},
      {{1, 1, 6, 0x404, 2, 7, 1, 3}, "7 bytes, fewer than its shape and type need"},
      {{1, 1, 6, 0x404, 2, 8, 2500000000u, 3}, "fewer than"},
      {{1, 1, 6, 0x404, 2, UINT64_MAX, 1, 3}, "its values are cut short"},
      {{1, 1, 6, 0x404, 2, 10000000000u, 1250000000, 3}, "its values are cut short"},
      {{1, 1, 6, 0x404, 2, 8, 1, UINT64_MAX}, "bytes of padding"},
      {{1, 1, 6, 0x404, 2, 8, 1, 4}, "its values are cut short"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ig_safetensors *file;
    ig_error err;
    write_claim(cases[i].claim);
    assert_int_not_equal(ig_safetensors_open_file(path, &file, &err), IG_OK);
    if (!strstr(err.message, cases[i].message))
      fail_msg("expected: %s\nfound: %s", cases[i].message, err.message);
  }
}

// ---- quantised items --------------------------------------------------------

// Writes the item `name` of shape (2, 3) and integers of `size` bytes, then the divisor 4.
static void write_integers(const char *name, uint64_t type, int size, const int *values) {
  item_bytes b = {.size = 0};
  const uint64_t length = strlen(name) + 1;
  const uint64_t words[] = {1, 1, length, type, 2, 6 * (uint64_t)size + 4 + 9};
  for (size_t i = 0; i < 6; i++) put(&b, words[i], 8);
  memcpy(b.bytes + b.size, name, length);
  b.size += length;
  put(&b, 2, 4);
  put(&b, 3, 4);
  put(&b, 0, 8);
  for (int i = 0; i < 6; i++) put(&b, (uint64_t)(int64_t)values[i], size);
  put(&b, 0x40800000, 4);
  for (int i = 0; i < 9; i++) put(&b, 0xa5, 1);  // padding holds anything
  ig_error err;
  if (ig_file_write(path, b.bytes, b.size, &err) != IG_OK) fail_msg("%s", err.message);
}

static void expect_values(const char *name, const float *expected) {
  ig_safetensors *file;
  ig_error err;
  float values[6];
  if (ig_safetensors_open_file(path, &file, &err) != IG_OK) fail_msg("%s", err.message);
  const ig_safetensor *t = ig_safetensors_find(file, name);
  assert_non_null(t);
  assert_int_equal(t->dtype, IG_DTYPE_F32);
  assert_int_equal(t->rank, 2);
  assert_int_equal(t->shape[0], 2);
  assert_int_equal(t->shape[1], 3);
  assert_int_equal(t->bytes, sizeof values);
  assert_int_equal(ig_safetensor_read_weights(t, values, 6, NULL), IG_OK);
  assert_memory_equal(values, expected, sizeof values);
  assert_int_equal(ig_safetensor_read_part(t, 2, 3, values, NULL), IG_OK);
  assert_memory_equal(values, expected + 2, 3 * sizeof *values);
  assert_string_equal(ig_safetensors_note(file, 0),
                      "1 matrices of integers, quantised for 8- or 16-bit products, are read as "
                      "floats");
  ig_safetensors_close(file);
}

static void integers_are_divided(void **state) {
  (void)state;
  static const int narrow[] = {127, -4, 3, 0, -128, 8}, wide[] = {1024, -4, 3, -32768, 32767, 8};
  // Stored column by column, but for the tables of one of the two programs.
  static const float columns[] = {31.75f, 0.75f, -32, -1, 0, 2},
                     rows[] = {31.75f, -1, 0.75f, 0, -32, 2},
                     wide_columns[] = {256, 0.75f, 8191.75f, -1, -8192, 2},
                     wide_rows[] = {256, -1, 0.75f, -8192, 8191.75f, 2};
  const struct {
    const char *name;
    uint64_t type;
    const float *expected;
  } cases[] = {
      {"encoder_l1_ffn_W1", 0x10001, columns},
      {"encoder_l1_ffn_W1", 0x4101, columns},
      {"decoder_Wemb", 0x4101, rows},
      {"decoder_Wemb", 0x10001, columns},
      {"w", 0x10002, wide_columns},
      {"w", 0x4102, wide_columns},
      {"Wemb", 0x4102, wide_rows},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const bool is_wide = cases[i].type % 16 == 2;
    write_integers(cases[i].name, cases[i].type, is_wide ? 2 : 1, is_wide ? wide : narrow);
    expect_values(cases[i].name, cases[i].expected);
  }
}

// ---- damage -----------------------------------------------------------------

// Opens the file and reads whatever it has. Returns whether it opened.
static bool read_all(size_t size) {
  ig_safetensors *file = NULL;
  ig_error err = {0};
  if (ig_safetensors_open_file(path, &file, &err) != IG_OK) return false;
  for (size_t i = 0; i < ig_safetensors_count(file); i++) {
    const ig_safetensor *t = ig_safetensors_get(file, i);
    assert_true(t->bytes / 4 <= size);  // an integer of a byte becomes a float
    void *bytes = malloc(t->bytes + 1);
    assert_int_equal(ig_safetensor_read_raw(t, bytes, &err), IG_OK);
    free(bytes);
  }
  ig_safetensors_close(file);
  return true;
}

// Without waiting for the disk: file systems may write a file out that is cut to nothing and filled
// again.
static void write_plainly(const char *bytes, size_t size) {
  unlink(path);
  FILE *out = fopen(path, "wb");
  assert_non_null(out);
  assert_int_equal(fwrite(bytes, 1, size, out), size);
  fclose(out);
}

static void damage(const char *name) {
  char source[1024], *bytes = NULL;
  size_t size;
  snprintf(source, sizeof source, "%s/tests/golden/%s", getenv("INGOT_SOURCE"), name);
  assert_int_equal(ig_file_load(source, &bytes, &size, NULL), IG_OK);
  write_plainly(bytes, size);
  assert_true(read_all(size));
  for (size_t length = 0; length < size; length += 1 + length / 128) {
    write_plainly(bytes, length);
    if (read_all(length)) fail_msg("its first %zu bytes opened", length);
  }
  for (size_t at = 0; at < 3000; at += 1 + at / 512) {
    bytes[at] = (char)(bytes[at] ^ (at % 2 ? 0xff : 1));
    write_plainly(bytes, size);
    read_all(size);
    bytes[at] = (char)(bytes[at] ^ (at % 2 ? 0xff : 1));
  }
  free(bytes);
}

static void cut_short_or_damaged(void **state) {
  (void)state;
  damage("marian_npz/binary/model.bin");
  damage("marian_packed/packed/model.bin");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_item_is_read),
      cmocka_unit_test(integers_are_divided),
      cmocka_unit_test(false_claims_are_refused),
      cmocka_unit_test(cut_short_or_damaged),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
