// Hostile files of torch.save: none runs anything, crashes, or takes memory that its bytes do not
// pay for. What honest files hold is in tests/golden/torch_files.c.
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
#include "io/pickle.h"
#include "io/safetensors.h"
#include "io/torch_names.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

static char directory[] = "/tmp/ingot-torch-XXXXXX";
static char path[128];

static int make_directory(void **state) {
  (void)state;
  if (!mkdtemp(directory)) return -1;
  snprintf(path, sizeof path, "%s/pytorch_model.bin", directory);
  return 0;
}

static int remove_directory(void **state) {
  (void)state;
  unlink(path);
  return rmdir(directory);
}

// ---- pickles ----------------------------------------------------------------

static ig_status read_bytes(const void *bytes, size_t size, ig_pickle *out, ig_error *err) {
  return ig_pickle_read(
      &(ig_pickle_source){
          .bytes = bytes, .size = size, .where = "p", .is_allowed = ig_torch_names_allow},
      out, err);
}

static void expect_refused(const void *bytes, size_t size, const char *part) {
  ig_pickle p;
  ig_error err = {0};
  if (read_bytes(bytes, size, &p, &err) == IG_OK) fail_msg("read, expected '%s'", part);
  if (!strstr(err.message, part)) fail_msg("'%s' does not say '%s'", err.message, part);
  ig_pickle_free(&p);
}

static void names_what_is_asked_for(void **state) {
  (void)state;
  expect_refused(TEXT("\x80\2cos\nsystem\nX\2\0\0\0id\x85R."), "asks for os.system");
  expect_refused(TEXT("\x80\2}q\0(X\1\0\0\0wcposix\nsystem\n)Ru."),
                 "byte 12 of its pickle asks for posix.system");
  expect_refused(TEXT("\x80\2c__builtin__\neval\n."), "asks for __builtin__.eval");
  expect_refused(TEXT("\x80\2ctorch\nload\n)R."), "asks for torch.load");
  expect_refused(TEXT("\x80\2ctorch._utils\n_rebuild_tensor_v2.__globals__\n."),
                 "asks for torch._utils._rebuild_tensor_v2.__globals__");
  expect_refused(TEXT("\x80\2ccollections\nOrderedDict2\n."), "collections.OrderedDict2");
  expect_refused(TEXT("\x80\2"
                      "c__builtin__\nbytearray\nJ\0\0\0\x7f\x85R."),
                 "__builtin__.bytearray");
  expect_refused(TEXT("\x80\2(ios\nsystem\n."), "INST");
  expect_refused(TEXT("\x80\2(X\1\0\0\0ao."), "OBJ");
  expect_refused(TEXT("\x80\2X\2\0\0\0osX\6\0\0\0system\x93."), "STACK_GLOBAL");
  expect_refused(TEXT("\x80\2\x82\1."), "EXT1");
  expect_refused(TEXT("\x80\2Pid\n."), "PERSID");
  expect_refused(TEXT("\x80\4N."), "protocol 2 or 3");
  expect_refused(TEXT("\x80\2X\1\0\0\0a)R."), "a call of what has no name");
}

static void damaged_pickles(void **state) {
  (void)state;
  expect_refused(TEXT("\x80\2."), "other than one value");
  expect_refused(TEXT("\x80\2NN."), "other than one value");
  expect_refused(TEXT("\x80\2(N."), "other than one value");
  expect_refused(TEXT("\x80\2t."), "a mark is missing");
  expect_refused(TEXT("\x80\2N(R."), "a value is missing");
  expect_refused(TEXT("\x80\2}(Nu."), "a key without a value");
  expect_refused(TEXT("\x80\2N(NNu."), "no container");
  expect_refused(TEXT("\x80\2Nr\xff\xff\xff\xff."), "gaps");
  expect_refused(TEXT("\x80\2h\0."), "did not remember");
  expect_refused(TEXT("\x80\2X\xff\xff\xff\xff"
                      "a."),
                 "ends in the middle");
  expect_refused(TEXT("\x80\2X\2\0\0\0\xc3\x28."), "not UTF-8");
  expect_refused(TEXT("\x80\2Nb."), "a value is missing");
  expect_refused(TEXT("\x80\2NNb."), "sets attributes");
  expect_refused(TEXT("\x80\2c\n\xff\n."), "no name");
}

static void plain_values(void **state) {
  (void)state;
  static const char bytes[] =
      "\x80\2]q\0("
      "K\7M\1\2J\xfe\xff\xff\xff\x8a\2\0\xff\x8a\0G\x3f\xf8\0\0\0\0\0\0NX\1\0\0\0aU\1bh\0e.";
  static const int64_t integers[] = {7, 513, -2, -256, 0};
  ig_pickle p;
  uint32_t item[9];
  assert_int_equal(read_bytes(bytes, sizeof bytes - 1, &p, NULL), IG_OK);
  assert_int_equal(ig_pickle_items(&p, p.root, 9, item), 10);
  for (int i = 0; i < 5; i++) assert_int_equal(p.nodes[item[i]].integer, integers[i]);
  assert_true(p.nodes[item[5]].real == 1.5);
  assert_int_equal(p.nodes[item[6]].kind, IG_PICKLE_NONE);
  assert_true(ig_pickle_is_text(&p, item[7], "a"));
  assert_true(ig_pickle_is_text(&p, item[8], "b"));
  ig_pickle_free(&p);
}

// A million lists in one another, and pairs of pairs that would unfold to 2^40 values.
static void deep_and_shared(void **state) {
  (void)state;
  enum { DEPTH = 1000000 };
  ig_pickle p;
  ig_error err = {0};
  char *deep = malloc(2 * DEPTH + 3);
  memcpy(deep, "\x80\2", 2);
  memset(deep + 2, ']', DEPTH);
  memset(deep + 2 + DEPTH, 'a', DEPTH - 1);
  deep[2 * DEPTH + 1] = '.';
  assert_int_equal(read_bytes(deep, 2 * DEPTH + 2, &p, &err), IG_OK);
  assert_int_equal(p.node_count, DEPTH);
  ig_pickle_free(&p);
  free(deep);
  char bomb[256] = "\x80\2]q";
  size_t at = 5;
  for (int i = 0; i < 40; i++) {
    const char step[] = {'h', (char)i, 'h', (char)i, (char)0x86, 'q', (char)(i + 1)};
    if (at + sizeof step >= sizeof bomb) break;
    memcpy(bomb + at, step, sizeof step);
    at += sizeof step;
  }
  bomb[at++] = '.';
  expect_refused(bomb, at, "other than one value");
  char marks[300];
  memcpy(marks, "\x80\2", 2);
  memset(marks + 2, '(', 298);
  expect_refused(marks, sizeof marks, "nested too deep");
}

// ---- files of the old form --------------------------------------------------

typedef struct old_file {
  unsigned char bytes[4096];
  size_t size;
} old_file;

static void add(old_file *f, const void *bytes, size_t size) {
  memcpy(f->bytes + f->size, bytes, size);
  f->size += size;
}

static void add_number(old_file *f, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) f->bytes[f->size++] = (unsigned char)(value >> (8 * i));
}

static void add_integer(old_file *f, int64_t value) {
  add(f, TEXT("\x8a\x08"));
  add_number(f, (uint64_t)value, 8);
}

// A tensor over a storage that says it has `stored` values.
typedef struct claim {
  int64_t stored, offset, size, stride;
} claim;

static void write_old(const claim *c, uint64_t counted, size_t data) {
  old_file f = {0};
  add(&f, TEXT("\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\2M\xe9\3.\x80\2}."));
  add(&f, TEXT("\x80\2}X\1\0\0\0wctorch._utils\n_rebuild_tensor_v2\n("));
  add(&f, TEXT("(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"
               "0X\3\0\0\0cpu"));
  add_integer(&f, c->stored);
  add(&f, TEXT("NtQ"));
  add_integer(&f, c->offset);
  add_integer(&f, c->size);
  add(&f, TEXT("\x85"));
  add_integer(&f, c->stride);
  add(&f, TEXT("\x85\x89}tRs.\x80\2]X\1\0\0\0"
               "0a."));
  add_number(&f, counted, 8);
  for (size_t i = 0; i < data; i++) f.bytes[f.size++] = (unsigned char)i;
  assert_int_equal(ig_file_write(path, f.bytes, f.size, NULL), IG_OK);
}

static void expect_file(const char *part) {
  ig_safetensors *file = NULL;
  ig_error err = {0};
  const ig_status status = ig_safetensors_open_file(path, &file, &err);
  if (!part && status != IG_OK) fail_msg("%s", err.message);
  if (part && status == IG_OK) fail_msg("opened, expected '%s'", part);
  if (part && !strstr(err.message, part)) fail_msg("'%s' does not say '%s'", err.message, part);
  if (part && !strstr(err.message, path)) fail_msg("'%s' does not name the file", err.message);
  ig_safetensors_close(file);
}

static void claims(void **state) {
  (void)state;
  static const int64_t large = INT64_C(10) << 30;
  write_old(&(claim){4, 0, 4, 1}, 4, 16);
  expect_file(NULL);
  write_old(&(claim){4, 3, 2, 1}, 4, 16);
  expect_file("tensor w: it reaches beyond the 4 values");
  write_old(&(claim){4, 0, 2, 4}, 4, 16);
  expect_file("beyond");
  write_old(&(claim){4, -1, 2, 1}, 4, 16);
  expect_file("offset");
  write_old(&(claim){4, 0, -2, 1}, 4, 16);
  expect_file("shape");
  write_old(&(claim){4, 0, 2, -1}, 4, 16);
  expect_file("strides");
  write_old(&(claim){4, 0, 1 << 20, 0}, 4, 16);
  expect_file("expanded");
  write_old(&(claim){4, 1, INT64_MAX, INT64_MAX}, 4, 16);
  expect_file("beyond");
  write_old(&(claim){4, 5, 0, 1}, 4, 16);
  expect_file("beyond");
  write_old(&(claim){INT64_MAX, 0, 1, 1}, 4, 16);
  expect_file("too large");
  write_old(&(claim){large, 0, large, 1}, large, 16);
  expect_file(sizeof(size_t) < 8 ? "storage 0: its size is too large"
                                 : "storage 0: it is cut short");
  write_old(&(claim){4, 0, 4, 1}, 5, 16);
  expect_file("expected 4 values, found 5");
  write_old(&(claim){4, 0, 4, 1}, 4, 15);
  expect_file("cut short");
}

// ---- files that are cut short or damaged ------------------------------------

static char *load_golden(const char *name, size_t *size) {
  char source[1024], *bytes = NULL;
  snprintf(source, sizeof source, "%s/tests/golden/torch_files/%s", getenv("INGOT_SOURCE"), name);
  assert_int_equal(ig_file_load(source, &bytes, size, NULL), IG_OK);
  return bytes;
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

static const char *const honest[] = {"wrapped.zip.bin", "wrapped.old.bin"};

static void cut_short(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof honest / sizeof *honest; i++) {
    size_t size;
    char *bytes = load_golden(honest[i], &size);
    for (size_t length = 0; length < size; length++) {
      write_plainly(bytes, length);
      if (read_all()) fail_msg("%s: its first %zu bytes opened", honest[i], length);
    }
    free(bytes);
  }
}

static void flipped_bytes(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof honest / sizeof *honest; i++) {
    size_t size;
    char *bytes = load_golden(honest[i], &size);
    for (size_t at = 0; at < size; at++) {
      static const char changes[] = {1, (char)0x80};
      for (size_t k = 0; k < sizeof changes; k++) {
        bytes[at] ^= changes[k];
        write_plainly(bytes, size);
        read_all();
        bytes[at] ^= changes[k];
      }
    }
    free(bytes);
  }
}

static size_t find_bytes(const char *bytes, size_t size, const char *wanted, size_t length,
                         size_t from) {
  for (size_t i = from; i + length <= size; i++)
    if (memcmp(bytes + i, wanted, length) == 0) return i;
  fail_msg("not found");
  return 0;
}

// Changes bytes of the directory entry of one member.
static void patched_zip(const char *member, size_t at, const char *change, size_t length,
                        const char *part) {
  size_t size;
  char *bytes = load_golden("plain.zip.bin", &size), name[64];
  snprintf(name, sizeof name, "%s", member);
  size_t entry = find_bytes(bytes, size, TEXT("PK\1\2"), 0);
  entry = find_bytes(bytes, size, name, strlen(name), entry) - 46;
  memcpy(bytes + entry + at, change, length);
  assert_int_equal(ig_file_write(path, bytes, size, NULL), IG_OK);
  expect_file(part);
  free(bytes);
}

static void damaged_directories(void **state) {
  (void)state;
  patched_zip("plain.zip/data/0", 8, "\1", 1, "is encrypted");
  patched_zip("plain.zip/data/0", 10, "\x0e", 1, "method");
  patched_zip("plain.zip/data/0", 24, TEXT("\xff\xff\xff\x7f"), "two different sizes");
  patched_zip("plain.zip/data/0", 10, TEXT("\x08\0\0\0\0\0\0\0\0\0\xc0\0\0\0\xff\xff\xff\x7f"),
              "more bytes than its packed ones can hold");
  patched_zip("plain.zip/data/0", 42, TEXT("\xff\xff\xff\x7f"), "outside the file");
  patched_zip("plain.zip/data/0", 61, "1", 1, "is there twice");
  patched_zip("plain.zip/data/0", 61, "z", 1, "storage 0: it has no member");
  patched_zip("plain.zip/data.pkl", 46, "z", 1, "storage 0: it has no member");
  patched_zip("plain.zip/data.pkl", 56, "z", 1, "without data.pkl");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_what_is_asked_for),
      cmocka_unit_test(damaged_pickles),
      cmocka_unit_test(plain_values),
      cmocka_unit_test(deep_and_shared),
      cmocka_unit_test(claims),
      cmocka_unit_test(cut_short),
      cmocka_unit_test(flipped_bytes),
      cmocka_unit_test(damaged_directories),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
