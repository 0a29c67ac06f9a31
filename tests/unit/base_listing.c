// The names in a directory: sorted and whole, or an error.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/listing.h"

// readdir fails instead of giving the entry after so many; -1: never.
static int entries_before_failure = -1;
struct dirent *__real_readdir(DIR *directory);
struct dirent *__wrap_readdir(DIR *directory);
struct dirent *__wrap_readdir(DIR *directory) {
  if (entries_before_failure == 0) {
    errno = EIO;
    return NULL;
  }
  entries_before_failure -= entries_before_failure > 0;
  return __real_readdir(directory);
}

static char directory[] = "/tmp/ingot-listing-XXXXXX";

static int enter(void **state) {
  (void)state;
  static const char *const names[] = {"b", "a", "a.b", ".hidden", "B"};
  if (!mkdtemp(directory) || chdir(directory)) return -1;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (ig_file_write(names[i], "x", 1, NULL) != IG_OK) return -1;
  return mkdir("folder", 0777);
}

static int leave(void **state) {
  (void)state;
  ig_listing listing;
  if (ig_listing_read(directory, &listing, NULL) != IG_OK) return -1;
  for (size_t i = 0; i < listing.count; i++) remove(listing.names[i]);
  ig_listing_free(&listing);
  return chdir("/") == 0 && rmdir(directory) == 0 ? 0 : -1;
}

static void expect_all(const ig_listing *listing) {
  static const char *const sorted[] = {".hidden", "B", "a", "a.b", "b", "folder"};
  assert_int_equal(listing->count, 6);
  for (size_t i = 0; i < 6; i++) assert_string_equal(listing->names[i], sorted[i]);
}

static void names_are_sorted(void **state) {
  (void)state;
  ig_listing listing;
  ig_error err = {0};
  assert_int_equal(ig_listing_read(".", &listing, &err), IG_OK);
  expect_all(&listing);
  ig_listing_free(&listing);
  assert_null(listing.names);
}

// The descriptor stays open, and each listing is whole.
static void an_open_directory_is_listed_again(void **state) {
  (void)state;
  ig_listing listing;
  ig_error err = {0};
  const int descriptor = open(".", O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(ig_listing_read_open(descriptor, ".", &listing, &err), IG_OK);
    expect_all(&listing);
    ig_listing_free(&listing);
  }
  assert_int_equal(close(descriptor), 0);
  assert_int_equal(ig_listing_read_open(descriptor, "gone", &listing, &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "gone: cannot open: "));
  ig_listing_free(&listing);
}

static void what_is_no_directory_is_an_error(void **state) {
  (void)state;
  ig_listing listing;
  ig_error err = {0};
  assert_int_equal(ig_listing_read("missing", &listing, &err), IG_ERROR_IO);
  assert_string_equal(err.message, "missing: cannot open: No such file or directory");
  ig_listing_free(&listing);
  assert_int_equal(ig_listing_read("a", &listing, &err), IG_ERROR_IO);
  ig_listing_free(&listing);
}

// A disk that fails in the middle does not make a shorter directory.
static void a_failure_in_the_middle_is_told(void **state) {
  (void)state;
  if (sizeof(void *) < 8) skip();  // readdir64 is called there, which is not wrapped
  for (int before = 0; before < 8; before++) {
    ig_listing listing;
    ig_error err = {0};
    entries_before_failure = before;
    assert_int_equal(ig_listing_read(".", &listing, &err), IG_ERROR_IO);
    assert_string_equal(err.message, ".: cannot read: Input/output error");
    ig_listing_free(&listing);
  }
  entries_before_failure = -1;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_are_sorted),
      cmocka_unit_test(an_open_directory_is_listed_again),
      cmocka_unit_test(what_is_no_directory_is_an_error),
      cmocka_unit_test(a_failure_in_the_middle_is_told),
  };
  return cmocka_run_group_tests(tests, enter, leave);
}
