// Names of paths, and directories that are synced.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/path.h"

static void expect_text(char *text, const char *expected) {
  assert_string_equal(text, expected);
  free(text);
}

static void parents(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"a/b", "a"}, {"a/b/", "a"}, {"a//b//", "a"}, {"a", "."},   {"a/", "."}, {"/a", "/"},
      {"/", "/"},   {"//", "/"},   {"/a/b", "/a"},  {"./a", "."}, {"..", "."}, {"", "."},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    expect_text(ig_path_parent(cases[i][0], NULL), cases[i][1]);
}

static void suffixes_follow_the_name(void **state) {
  (void)state;
  expect_text(ig_path_with_suffix("out", ".partial", NULL), "out.partial");
  expect_text(ig_path_with_suffix("a/out//", ".partial", NULL), "a/out.partial");
  expect_text(ig_path_with_suffix("a/out/", "", NULL), "a/out");
  expect_text(ig_path_with_suffix("/", ".tmp", NULL), "/.tmp");
  expect_text(ig_path_join("a", "b", NULL), "a/b");
  expect_text(ig_path_join("a/", "b", NULL), "a/b");
  assert_string_equal(ig_path_base_name("a/b.c"), "b.c");
  assert_string_equal(ig_path_base_name("b.c"), "b.c");
}

static void syncing_needs_a_directory(void **state) {
  (void)state;
  ig_error err = {0};
  assert_int_equal(ig_path_sync(".", &err), IG_OK);
  assert_int_equal(ig_path_sync_parent("absent", &err), IG_OK);
  assert_int_equal(ig_path_sync("/absent/at-all", &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "/absent/at-all"));
  assert_int_equal(ig_path_sync_parent("/absent/at-all", &err), IG_ERROR_IO);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parents),
      cmocka_unit_test(suffixes_follow_the_name),
      cmocka_unit_test(syncing_needs_a_directory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
