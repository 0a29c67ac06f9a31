// Lines of plain and compressed files: ends of lines, long lines, damaged files.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "io/lines.h"

static char path[] = "/tmp/ingot-lines-XXXXXX";

static int make_file(void **state) {
  (void)state;
  int descriptor = mkstemp(path);
  return descriptor < 0 ? -1 : close(descriptor);
}

static int remove_file(void **state) {
  (void)state;
  return unlink(path);
}

static void expect(ig_lines *lines, const char *expected) {
  const char *line;
  size_t length;
  assert_int_equal(ig_lines_next(lines, &line, &length, NULL), IG_OK);
  if (!expected) {
    assert_null(line);
    return;
  }
  assert_string_equal(line, expected);
  assert_int_equal(length, strlen(expected));
}

static void check_content(void) {
  ig_lines *lines;
  assert_int_equal(ig_lines_open(path, &lines, NULL), IG_OK);
  expect(lines, "first");
  expect(lines, "");
  expect(lines, "with return");
  expect(lines, "no newline");
  assert_int_equal(ig_lines_number(lines), 4);
  expect(lines, NULL);
  expect(lines, NULL);
  ig_lines_close(lines);
}

static const char content[] = "first\n\nwith return\r\nno newline";

static void plain_and_compressed(void **state) {
  (void)state;
  assert_int_equal(ig_file_write(path, content, strlen(content), NULL), IG_OK);
  check_content();
  gzFile file = gzopen(path, "wb");
  gzwrite(file, content, (unsigned)strlen(content));
  gzclose(file);
  check_content();
}

static void long_lines(void **state) {
  (void)state;
  size_t size = 300000;
  char *text = malloc(size + 2);
  memset(text, 'x', size);
  memcpy(text + size, "\ny", 2);
  assert_int_equal(ig_file_write(path, text, size + 2, NULL), IG_OK);
  text[size] = '\0';
  ig_lines *lines;
  assert_int_equal(ig_lines_open(path, &lines, NULL), IG_OK);
  expect(lines, text);
  expect(lines, "y");
  expect(lines, NULL);
  ig_lines_close(lines);
  free(text);
}

static void damaged(void **state) {
  (void)state;
  ig_lines *lines;
  ig_error err = {0};
  const char *line = "";
  size_t length, size;
  char *bytes;
  gzFile file = gzopen(path, "wb");
  for (int i = 0; i < 20000; ++i) gzprintf(file, "line %d\n", i * 7919);
  gzclose(file);
  assert_int_equal(ig_file_load(path, &bytes, &size, NULL), IG_OK);
  assert_int_equal(ig_file_write(path, bytes, size / 2, NULL), IG_OK);
  free(bytes);
  assert_int_equal(ig_lines_open(path, &lines, NULL), IG_OK);
  ig_status status = IG_OK;
  while (status == IG_OK && line) status = ig_lines_next(lines, &line, &length, &err);
  assert_int_equal(status, IG_ERROR_FORMAT);  // never an early end without an error
  assert_non_null(strstr(err.message, path));
  assert_null(strstr(err.message, "<fd:"));
  ig_lines_close(lines);
  assert_int_equal(ig_lines_open("/nowhere/x", &lines, &err), IG_ERROR_IO);
  assert_null(lines);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(plain_and_compressed),
                                     cmocka_unit_test(long_lines), cmocka_unit_test(damaged)};
  return cmocka_run_group_tests(tests, make_file, remove_file);
}
