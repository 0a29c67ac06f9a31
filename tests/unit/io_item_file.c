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
  assert_int_equal(ig_safetensors_read_float(t, values, 2, NULL), IG_OK);
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
      {{1, 1, 6, 0x4101, 2, 8, 1, 3}, "item w: type 0x4101: packed for integer products"},
      {{1, 1, 6, 0x10001, 2, 8, 1, 3}, "gemm-type float32"},
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

// ---- damage -----------------------------------------------------------------

// Opens the file and reads whatever it has. Returns whether it opened.
static bool read_all(size_t size) {
  ig_safetensors *file = NULL;
  ig_error err = {0};
  if (ig_safetensors_open_file(path, &file, &err) != IG_OK) return false;
  for (size_t i = 0; i < ig_safetensors_count(file); i++) {
    const ig_safetensor *t = ig_safetensors_get(file, i);
    assert_true(t->bytes <= size);
    void *bytes = malloc(t->bytes + 1);
    assert_int_equal(ig_safetensors_read_raw(t, bytes, &err), IG_OK);
    free(bytes);
  }
  ig_safetensors_close(file);
  return true;
}

// Without waiting for the disk.
static void write_plainly(const char *bytes, size_t size) {
  FILE *out = fopen(path, "wb");
  assert_non_null(out);
  assert_int_equal(fwrite(bytes, 1, size, out), size);
  fclose(out);
}

static void cut_short_or_damaged(void **state) {
  (void)state;
  char source[1024], *bytes = NULL;
  size_t size;
  snprintf(source, sizeof source, "%s/tests/golden/marian_npz/binary/model.bin",
           getenv("INGOT_SOURCE"));
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_item_is_read),
      cmocka_unit_test(false_claims_are_refused),
      cmocka_unit_test(cut_short_or_damaged),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
