// Files of torch.save and of numpy.savez against what PyTorch and numpy read of them
// (tests/golden/torch_files/make_goldens.py, numpy_files/make_goldens.py): names, types, shapes and
// every byte.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <inttypes.h>

#include "io/safetensors.h"

enum { LINE = 512 };

static ig_status open_golden(const char *name, ig_safetensors **out, ig_error *err) {
  return strchr(name, '.') ? ig_safetensors_open_file(name, out, err)
                           : ig_safetensors_open(name, out, err);
}

// FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/
static uint64_t hash_values(const ig_safetensor *t) {
  unsigned char *bytes = malloc(t->bytes + 1);
  ig_error err = {0};
  if (ig_safetensor_read_raw(t, bytes, &err) != IG_OK) fail_msg("%s", err.message);
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t i = 0; i < t->bytes; i++) hash = (hash ^ bytes[i]) * 0x100000001b3u;
  free(bytes);
  return hash;
}

static void describe(const char *file, const ig_safetensor *t, char line[LINE]) {
  size_t used = (size_t)snprintf(line, LINE, "%s %s %s [", file, t->name, ig_dtype_name(t->dtype));
  for (int i = 0; i < t->rank; i++)
    used += (size_t)snprintf(line + used, LINE - used, "%s%zu", i ? "," : "", t->shape[i]);
  snprintf(line + used, LINE - used, "] %016" PRIx64, hash_values(t));
}

static void expect_refusal(const char *file, const char *part) {
  ig_safetensors *opened = NULL;
  ig_error err = {0};
  assert_int_not_equal(open_golden(file, &opened, &err), IG_OK);
  if (!strstr(err.message, part) || !strstr(err.message, file))
    fail_msg("'%s' does not say '%s'", err.message, part);
}

static ig_safetensors *open_or_fail(const char *file) {
  ig_safetensors *opened;
  ig_error err = {0};
  if (open_golden(file, &opened, &err) != IG_OK) fail_msg("%s", err.message);
  return opened;
}

// The file that the lines are about, and its next tensor.
typedef struct compared_file {
  ig_safetensors *opened;
  char name[LINE];
  size_t next;
} compared_file;

static void end_file(compared_file *f) {
  if (f->opened) assert_int_equal(f->next, ig_safetensors_count(f->opened));
  ig_safetensors_close(f->opened);
  *f = (compared_file){0};
}

static void compare_line(compared_file *f, const char *name, const char *line) {
  char found[LINE];
  if (strcmp(f->name, name) != 0) {
    end_file(f);
    strcpy(f->name, name);
    f->opened = open_or_fail(name);
  }
  assert_true(f->next < ig_safetensors_count(f->opened));
  describe(name, ig_safetensors_get(f->opened, f->next++), found);
  assert_string_equal(found, line);
}

static int compare_folder(void) {
  char line[LINE], name[LINE];
  compared_file f = {0};
  int lines = 0;
  FILE *expected = fopen("expected.txt", "r");
  assert_non_null(expected);
  while (fgets(line, sizeof line, expected)) {
    line[strcspn(line, "\n")] = '\0';
    const size_t length = strcspn(line, " ");
    memcpy(name, line, length);
    name[length] = '\0';
    if (strncmp(line + length, " REFUSED: ", 10) == 0)
      expect_refusal(name, line + length + 10);
    else
      compare_line(&f, name, line);
    lines++;
  }
  end_file(&f);
  fclose(expected);
  return lines;
}

static void equals_torch(void **state) {
  (void)state;
  assert_true(compare_folder() > 130);
}

static void equals_numpy(void **state) {
  (void)state;
  assert_int_equal(chdir("../numpy_files"), 0);
  assert_true(compare_folder() > 55);
  assert_int_equal(chdir("../torch_files"), 0);
}

// Weights of a view are converted part by part.
static void parts_of_a_view(void **state) {
  (void)state;
  ig_safetensors *file = open_or_fail("plain.zip.bin");
  const ig_safetensor *t = ig_safetensors_find(file, "transposed"),
                      *row = ig_safetensors_find(file, "row");
  float values[6], fourth[8];
  assert_int_equal(ig_safetensor_read_float(row, fourth, 8, NULL), IG_OK);
  for (size_t i = 0; i < 8; i++) {
    assert_int_equal(ig_safetensor_read_part(t, 6 * i, 6, values, NULL), IG_OK);
    assert_true(values[3] == fourth[i]);
  }
  ig_safetensors_close(file);
}

static void tells_what_is_left_out(void **state) {
  (void)state;
  ig_safetensors *file = open_or_fail("checkpoint.zip.bin");
  assert_string_equal(ig_safetensors_note(file, 0),
                      "model_state_dict is read, left out: epoch, loss, optimizer_state_dict");
  ig_safetensors_close(file);
  file = open_or_fail("plain.old.bin");
  assert_string_equal(ig_safetensors_note(file, 0), "");
  ig_safetensors_close(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_torch),
      cmocka_unit_test(equals_numpy),
      cmocka_unit_test(parts_of_a_view),
      cmocka_unit_test(tells_what_is_left_out),
  };
  char path[1024];
  snprintf(path, sizeof path, "%s/tests/golden/torch_files", getenv("INGOT_SOURCE"));
  if (chdir(path) != 0) return 1;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
