// What an unfinished fusion finds when it goes on, and what it leaves.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "fuse/run/staging.h"

static char directory[] = "/tmp/ingot-staging-XXXXXX";

static int enter(void **state) {
  (void)state;
  return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int leave(void **state) {
  (void)state;
  return chdir("/") == 0 && rmdir(directory) == 0 ? 0 : -1;
}

static void touch(const char *path) {
  ig_error err;
  assert_int_equal(ig_file_write(path, "x", 1, &err), IG_OK);
}

// A fusion of two tensors, of which the first was done, that ended while it wrote config.json.
static void begin(void) {
  ig_staging s;
  ig_error err;
  assert_int_equal(ig_staging_open("out", "ours", 2, &s, &err), IG_OK);
  assert_int_equal(ig_staging_mark_done(&s, 0, &err), IG_OK);
  assert_int_equal(ig_staging_flush(&s, &err), IG_OK);
  ig_staging_close(&s);
  touch("out.partial/vocab.json");
  touch("out.partial/config.json.tmp-123-4");
  touch("out.partial/notes.tmp-draft");  // not a temporary of ours
}

static void finish(ig_staging *s) {
  ig_error err;
  assert_int_equal(ig_staging_commit(s, &err), IG_OK);
  ig_staging_close(s);
  assert_false(ig_file_exists("out.partial"));
}

static void goes_on_without_what_was_being_written(void **state) {
  (void)state;
  ig_staging s;
  ig_error err;
  begin();
  assert_int_equal(ig_staging_open("out", "ours", 2, &s, &err), IG_OK);
  assert_true(s.resumed && s.done[0] && !s.done[1]);
  assert_false(ig_file_exists("out.partial/config.json.tmp-123-4"));
  assert_true(ig_file_exists("out.partial/vocab.json"));
  assert_true(ig_file_exists("out.partial/notes.tmp-draft"));
  finish(&s);
  assert_true(unlink("out/vocab.json") == 0 && unlink("out/notes.tmp-draft") == 0 &&
              rmdir("out") == 0);
}

static void nothing_stays_of_another(void **state) {
  (void)state;
  ig_staging s;
  ig_error err;
  begin();
  assert_int_equal(ig_staging_open("out", "another", 2, &s, &err), IG_OK);
  assert_true(!s.resumed && !s.done[0]);
  finish(&s);
  assert_int_equal(rmdir("out"), 0);  // empty
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(goes_on_without_what_was_being_written),
                                     cmocka_unit_test(nothing_stays_of_another)};
  return cmocka_run_group_tests(tests, enter, leave);
}
