// Hostile archives of arrays: none crashes, or takes memory that its bytes do not pay for. What
// honest files hold is in tests/golden/torch_files.c.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "io/safetensors.h"

static char directory[] = "/tmp/ingot-npz-XXXXXX";
static char path[128];

static int make_directory(void **state) {
  (void)state;
  if (!mkdtemp(directory)) return -1;
  snprintf(path, sizeof path, "%s/model.npz", directory);
  return 0;
}

static int remove_directory(void **state) {
  (void)state;
  unlink(path);
  return rmdir(directory);
}

static const char *golden(const char *name) {
  static char source[1024];
  snprintf(source, sizeof source, "%s/tests/golden/numpy_files/%s", getenv("INGOT_SOURCE"), name);
  return source;
}

// Opens the file and reads whatever it has. Returns whether it opened.
static bool read_all(void) {
  ig_safetensors *file = NULL;
  ig_error err = {0};
  if (ig_safetensors_open_file(path, &file, &err) != IG_OK) return false;
  for (size_t i = 0; i < ig_safetensors_count(file); i++) {
    const ig_safetensor *t = ig_safetensors_get(file, i);
    assert_true(t->bytes < 1 << 20);
    void *bytes = malloc(t->bytes + 1);
    ig_safetensor_read_raw(t, bytes, &err);
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
  static const char *const names[] = {"compact.npz", "deflated.npz"};
  for (size_t i = 0; i < 2; i++) {
    size_t size;
    char *bytes = NULL;
    assert_int_equal(ig_file_load(golden(names[i]), &bytes, &size, NULL), IG_OK);
    for (size_t length = 0; length < size; length += 1 + length / 256) {
      write_plainly(bytes, length);
      if (read_all()) fail_msg("%s: its first %zu bytes opened", names[i], length);
    }
    for (size_t at = 0; at < size; at += 1 + at / 1024) {
      bytes[at] = (char)(bytes[at] ^ (at % 2 ? 0xff : 1));
      write_plainly(bytes, size);
      read_all();
      bytes[at] = (char)(bytes[at] ^ (at % 2 ? 0xff : 1));
    }
    free(bytes);
  }
}

static long peak_kilobytes(void) {
  struct rusage usage;
  assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
  return usage.ru_maxrss;
}

// 10 GB and 4 GB by files of a kilobyte.
static void claims_cost_no_memory(void **state) {
  (void)state;
  static const char *const names[] = {"bomb.npz", "claim.npz", "huge.npz"};
  const long before = peak_kilobytes();
  for (size_t i = 0; i < 3; i++) {
    ig_safetensors *file;
    ig_error err = {0};
    assert_int_not_equal(ig_safetensors_open_file(golden(names[i]), &file, &err), IG_OK);
    assert_null(file);
  }
  assert_true(peak_kilobytes() - before < 20000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(claims_cost_no_memory),
      cmocka_unit_test(cut_short_or_damaged),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
