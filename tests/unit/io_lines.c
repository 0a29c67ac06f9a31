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
  assert_int_equal(ig_lines_open(path, NULL, &lines, NULL), IG_OK);
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
  assert_int_equal(ig_lines_open(path, NULL, &lines, NULL), IG_OK);
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
  assert_int_equal(ig_lines_open(path, NULL, &lines, NULL), IG_OK);
  ig_status status = IG_OK;
  while (status == IG_OK && line) status = ig_lines_next(lines, &line, &length, &err);
  assert_int_equal(status, IG_ERROR_FORMAT);  // never an early end without an error
  assert_non_null(strstr(err.message, path));
  assert_null(strstr(err.message, "<fd:"));
  ig_lines_close(lines);
  assert_int_equal(ig_lines_open("/nowhere/x", NULL, &lines, &err), IG_ERROR_IO);
  assert_null(lines);
}

// Writes a file and opens it.
static ig_lines *open_bytes(const char *bytes, size_t size, const ig_lines_options *options) {
  ig_lines *lines;
  assert_int_equal(ig_file_write(path, bytes, size, NULL), IG_OK);
  assert_int_equal(ig_lines_open(path, options, &lines, NULL), IG_OK);
  return lines;
}

static void byte_order_mark(void **state) {
  (void)state;
  static const char marked[] =
      "\xEF\xBB\xBF>>de<< a\n\xEF\xBB\xBF"
      "b";
  ig_lines *lines = open_bytes(marked, strlen(marked), NULL);
  expect(lines, ">>de<< a");
  expect(lines,
         "\xEF\xBB\xBF"
         "b");  // of the start alone
  expect(lines, NULL);
  ig_lines_close(lines);
  gzFile file = gzopen(path, "wb");
  gzwrite(file, marked, sizeof marked - 1);
  gzclose(file);
  assert_int_equal(ig_lines_open(path, NULL, &lines, NULL), IG_OK);
  expect(lines, ">>de<< a");
  ig_lines_close(lines);
  // A file that is nothing but a mark, and the beginnings of one.
  lines = open_bytes(marked, 3, NULL);
  expect(lines, NULL);
  ig_lines_close(lines);
  lines = open_bytes(marked, 2, NULL);
  expect(lines, "\xEF\xBF\xBD");
  expect(lines, NULL);
  ig_lines_close(lines);
  lines = open_bytes("", 0, NULL);
  expect(lines, NULL);
  ig_lines_close(lines);
}

static void other_encodings(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t size;
    const char *named;
  } cases[] = {{"\xFF\xFE"
                "a\0\n\0b\0",
                8, "the text is UTF-16, "},
               {"\xFE\xFF\0a\0\n\0b", 8, "the text is UTF-16, "},
               {"\xFF\xFE\0\0a\0\0\0", 8, "the text is UTF-32, "},
               {"\0\0\xFE\xFF\0\0\0a", 8, "the text is UTF-32, "},
               {"a\0b\0\x2D\x4E"
                "c\0\n\0",
                10, "the text is UTF-16LE, "},
               {"\0a\0b\0c\0\n", 8, "the text is UTF-16BE, "}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ig_lines *lines = open_bytes(cases[i].bytes, cases[i].size, NULL);
    ig_error err = {0};
    const char *line;
    size_t length;
    for (int again = 0; again < 2; again++) {
      assert_int_equal(ig_lines_next(lines, &line, &length, &err), IG_ERROR_FORMAT);
      assert_null(line);
      if (!strstr(err.message, cases[i].named)) fail_msg("case %zu: %s", i, err.message);
      assert_non_null(strstr(err.message, "iconv -f UTF-"));
    }
    ig_lines_close(lines);
  }
  // A few NULs are no encoding.
  ig_lines *lines = open_bytes("a\0b\nand some more text\n", 23, NULL);
  expect(lines, "a b");
  ig_lines_close(lines);
}

static char message[512];  // the last one
static int messages;
static void keep_message(void *context, ig_level level, const char *text) {
  (void)context;
  (void)level;
  messages++;
  snprintf(message, sizeof message, "%s", text);
}

static void bad_bytes(void **state) {
  (void)state;
  static const char bytes[] = "fine\nb\xFFx\nc\0\n";
  const size_t size = sizeof bytes - 1;
  const ig_lines_options told = {.reporter = {.message = keep_message}};
  ig_lines *lines = open_bytes(bytes, size, &told);
  expect(lines, "fine");
  assert_int_equal(messages, 0);
  expect(lines, "b\xEF\xBF\xBDx");
  char expected[128];
  snprintf(expected, sizeof expected, "%s:2: byte 2 (0xFF) is not UTF-8: read as U+FFFD", path);
  assert_string_equal(message, expected);
  expect(lines, "c ");
  expect(lines, NULL);
  assert_int_equal(messages, 2);
  assert_int_equal(ig_lines_repaired(lines), 2);
  ig_lines_close(lines);

  const char *line;
  size_t length;
  lines = open_bytes(bytes, size, &(ig_lines_options){.bad_bytes = IG_BAD_BYTES_KEEP});
  expect(lines, "fine");
  expect(lines, "b\xFFx");
  assert_int_equal(ig_lines_next(lines, &line, &length, NULL), IG_OK);
  assert_int_equal(length, 2);
  assert_int_equal(line[1], '\0');
  ig_lines_close(lines);

  ig_error err = {0};
  lines = open_bytes(bytes, size, &(ig_lines_options){.bad_bytes = IG_BAD_BYTES_REFUSE});
  expect(lines, "fine");
  assert_int_equal(ig_lines_next(lines, &line, &length, &err), IG_ERROR_FORMAT);
  snprintf(expected, sizeof expected, "%s:2: not UTF-8 at byte 2 of the line", path);
  assert_string_equal(err.message, expected);
  ig_lines_close(lines);
}

// Several members one after the other, as `cat a.gz b.gz` makes them, and zeros after the last one.
static void members(void **state) {
  (void)state;
  char *bytes, joined[512];
  size_t size;
  gzFile file = gzopen(path, "wb");
  gzwrite(file, "first\nsec", 9);
  gzclose(file);
  assert_int_equal(ig_file_load(path, &bytes, &size, NULL), IG_OK);
  assert_true(2 * size + 16 < sizeof joined);
  memcpy(joined, bytes, size);
  memcpy(joined + size, bytes, size);
  memset(joined + 2 * size, 0, 16);
  free(bytes);
  ig_lines *lines = open_bytes(joined, 2 * size + 16, NULL);
  expect(lines, "first");
  expect(lines, "secfirst");
  expect(lines, "sec");
  expect(lines, NULL);
  ig_lines_close(lines);
  // Anything else after it is not dropped without a word.
  memcpy(joined + 2 * size, "text", 4);
  lines = open_bytes(joined, 2 * size + 4, NULL);
  expect(lines, "first");
  expect(lines, "secfirst");
  ig_error err = {0};
  const char *line;
  size_t length;
  assert_int_equal(ig_lines_next(lines, &line, &length, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "line 3: damaged gzip data"));
  ig_lines_close(lines);
}

// A line without an end is refused before it eats the memory; 200 MB of zeros are 200 kB in gzip.
static void unbounded(void **state) {
  (void)state;
  static char zeros[1 << 20];
  gzFile file = gzopen(path, "wb1");
  gzwrite(file, "short\n", 6);
  for (int i = 0; i < 130; i++) gzwrite(file, zeros, sizeof zeros);
  gzclose(file);
  ig_lines *lines;
  assert_int_equal(ig_lines_open(path, NULL, &lines, NULL), IG_OK);
  expect(lines, "short");
  ig_error err = {0};
  const char *line;
  size_t length;
  assert_int_equal(ig_lines_next(lines, &line, &length, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "line 2 has more than 128 MB"));
  ig_lines_close(lines);
}

static void write_whole(int descriptor, const void *bytes, size_t size) {
  assert_int_equal(write(descriptor, bytes, size), (ssize_t)size);
}

// Through a pipe a line can be read as soon as it was written, compressed or not.
static void pipes(void **state) {
  (void)state;
  for (int compressed = 0; compressed < 2; compressed++) {
    int ends[2];
    char name[64];
    assert_int_equal(pipe(ends), 0);
    snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    ig_lines *lines;
    assert_int_equal(ig_lines_open(name, NULL, &lines, NULL), IG_OK);
    assert_false(ig_lines_ready(lines));
    unsigned char bytes[256];
    z_stream z = {.next_out = bytes, .avail_out = sizeof bytes};
    deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    z.next_in = (unsigned char *)(uintptr_t) "one\n";
    z.avail_in = 4;
    deflate(&z, Z_SYNC_FLUSH);
    if (compressed)
      write_whole(ends[1], bytes, sizeof bytes - z.avail_out);
    else
      write_whole(ends[1], "one\ntw", 6);
    assert_true(ig_lines_ready(lines));
    expect(lines, "one");
    assert_false(ig_lines_ready(lines));
    deflateEnd(&z);
    close(ends[1]);
    assert_true(ig_lines_ready(lines));
    const char *line;
    size_t length;
    // What is compressed has no end: it was cut.
    assert_int_equal(ig_lines_next(lines, &line, &length, NULL),
                     compressed ? IG_ERROR_FORMAT : IG_OK);
    ig_lines_close(lines);
    close(ends[0]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(plain_and_compressed),
                                     cmocka_unit_test(long_lines),
                                     cmocka_unit_test(damaged),
                                     cmocka_unit_test(byte_order_mark),
                                     cmocka_unit_test(other_encodings),
                                     cmocka_unit_test(bad_bytes),
                                     cmocka_unit_test(members),
                                     cmocka_unit_test(unbounded),
                                     cmocka_unit_test(pipes)};
  return cmocka_run_group_tests(tests, make_file, remove_file);
}
