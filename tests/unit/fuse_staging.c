// What an unfinished fusion finds when it goes on, and what it leaves.
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
  assert_true(ig_file_exists("out/notes.tmp-draft"));  // it is nobody's that a fusion knows
  assert_true(unlink("out/notes.tmp-draft") == 0 && rmdir("out") == 0);
}

// What `text` as the whole journal of a fusion of 30 tensors says is done, as a sum of 1 << index.
static unsigned done_by(const char *text) {
  ig_staging s;
  ig_error err;
  unsigned sum = 0;
  begin();
  assert_int_equal(ig_file_write("out.partial/fusion.journal", text, strlen(text), &err), IG_OK);
  if (ig_staging_open("out", "ours", 30, &s, &err) != IG_OK) fail_msg("%s", err.message);
  for (size_t i = 0; i < 30; i++) sum |= (unsigned)s.done[i] << i;
  assert_int_equal(ig_staging_mark_done(&s, 5, &err), IG_OK);
  assert_int_equal(ig_staging_flush(&s, &err), IG_OK);
  ig_staging_close(&s);
  assert_int_equal(ig_staging_open("out", "ours", 30, &s, &err), IG_OK);
  for (size_t i = 0; i < 30; i++) assert_int_equal(s.done[i], (sum >> i & 1) || i == 5);
  ig_staging_discard(&s);
  ig_staging_close(&s);
  assert_true(unlink("out.partial/notes.tmp-draft") == 0 && rmdir("out.partial") == 0);
  return sum;
}

// A line that was cut short is not the beginning of the next one.
static void torn_lines_are_cut_off(void **state) {
  (void)state;
  assert_int_equal(done_by("ours\n3\n2"), 1u << 3);
  assert_int_equal(done_by("ours\n2"), 0);
  assert_int_equal(done_by("ours\n3\n2\n"), 1u << 3 | 1u << 2);
  assert_int_equal(done_by("ours\n 1\n+1\n-1\n3x\n99\n18446744073709551617\n\n4\n"), 1u << 4);
  assert_int_equal(done_by("our"), 0);
  assert_int_equal(done_by("oursandmore\n3\n"), 0);
  assert_int_equal(done_by(""), 0);
}

static const ig_safetensors_output weights = {
    .name = "w", .dtype = IG_DTYPE_F32, .rank = 1, .shape = {2}};

static bool resumed_with_weights(void) {
  ig_staging s;
  ig_error err;
  ig_safetensors_shard *shard;
  assert_int_equal(ig_staging_open("out", "ours", 1, &s, &err), IG_OK);
  if (ig_staging_begin_weights(&s, "model.safetensors", &weights, 1, &shard, &err) != IG_OK)
    fail_msg("%s", err.message);
  const bool done = s.done[0];
  assert_int_equal(ig_staging_mark_done(&s, 0, &err), IG_OK);
  ig_safetensors_end(shard);
  ig_staging_close(&s);
  return done;
}

// The journal says that a tensor is done, but the file that held it is another.
static void lost_weights_are_not_done(void **state) {
  (void)state;
  ig_staging s;
  ig_error err;
  assert_false(resumed_with_weights());
  assert_true(resumed_with_weights());
  assert_int_equal(unlink("out.partial/model.safetensors"), 0);
  assert_false(resumed_with_weights());
  assert_true(resumed_with_weights());
  touch("out.partial/model.safetensors");
  assert_false(resumed_with_weights());
  // Killed after the weights began anew: the old lines of the journal do not come back.
  assert_int_equal(ig_staging_open("out", "ours", 1, &s, &err), IG_OK);
  touch("out.partial/model.safetensors");
  ig_safetensors_shard *shard;
  assert_int_equal(ig_staging_begin_weights(&s, "model.safetensors", &weights, 1, &shard, &err),
                   IG_OK);
  ig_safetensors_end(shard);
  ig_staging_close(&s);
  assert_false(resumed_with_weights());
  assert_int_equal(ig_staging_open("out", "ours", 1, &s, &err), IG_OK);
  ig_staging_discard(&s);
  ig_staging_close(&s);
  assert_false(ig_file_exists("out.partial"));
}

static void expect_refused(const char *expected) {
  ig_staging s;
  ig_staging_hold hold;
  ig_error err = {0};
  ig_status status = ig_staging_lock("out", &hold, &err);
  if (status == IG_OK) {
    status = ig_staging_open("out", "ours", 2, &s, &err);
    ig_staging_close(&s);
    ig_staging_unlock(&hold);
  }
  assert_int_equal(status, IG_ERROR_IO);
  if (!strstr(err.message, expected)) fail_msg("'%s' is not in '%s'", expected, err.message);
}

static void links_are_refused(void **state) {
  (void)state;
  static const char *const names[] = {"fusion.journal", "model.safetensors", "config.json",
                                      "fusion.json", "anything"};
  assert_int_equal(mkdir("elsewhere", 0777), 0);
  touch("elsewhere/fusion.json");
  assert_int_equal(symlink("elsewhere", "out.partial"), 0);
  expect_refused("out.partial: expected a directory that a fusion made, found a symbolic link");
  assert_true(ig_file_exists("elsewhere/fusion.json"));
  assert_int_equal(unlink("out.partial"), 0);
  touch("out.partial");
  expect_refused("out.partial: expected a directory");
  assert_int_equal(unlink("out.partial"), 0);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    for (int kind = 0; kind < 3; kind++) {
      char path[64];
      begin();
      snprintf(path, sizeof path, "out.partial/%s", names[i]);
      if (i == 0) unlink(path);
      if (i == 0) touch("out.partial/fusion.json");
      assert_int_equal(kind == 0   ? symlink("../elsewhere/fusion.json", path)
                       : kind == 1 ? link("elsewhere/fusion.json", path)
                                   : mkfifo(path, 0666),
                       0);
      expect_refused(names[i]);
      expect_refused("expected a regular file that a fusion wrote");
      assert_int_equal(system("rm -r out.partial"), 0);
      ig_error err;
      char *text;
      assert_int_equal(ig_file_load("elsewhere/fusion.json", &text, NULL, &err), IG_OK);
      assert_string_equal(text, "x");
      free(text);
    }
  assert_true(unlink("elsewhere/fusion.json") == 0 && rmdir("elsewhere") == 0);
}

static void one_fusion_at_a_time(void **state) {
  (void)state;
  ig_staging_hold first, second;
  ig_staging s;
  ig_error err = {0};
  assert_int_equal(ig_staging_lock("out", &first, &err), IG_OK);
  assert_int_equal(ig_staging_lock("out/", &second, &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "out.partial: another fusion is writing it"));
  assert_int_equal(ig_staging_open("out", "ours", 2, &s, &err), IG_OK);
  assert_int_equal(ig_staging_lock("out", &second, &err), IG_ERROR_IO);
  assert_int_equal(ig_staging_commit(&s, &err), IG_OK);
  ig_staging_close(&s);
  // The lock went away with the name.
  assert_int_equal(ig_staging_lock("out", &second, &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "out: exists already"));
  ig_staging_unlock(&first);
  assert_int_equal(rmdir("out"), 0);
  assert_int_equal(ig_staging_lock("out", &second, &err), IG_OK);
  ig_staging_unlock(&second);
  assert_false(ig_file_exists("out.partial"));  // nothing was written
}

static void files_of_another_fusion_go(void **state) {
  (void)state;
  ig_staging s;
  ig_error err;
  assert_int_equal(ig_staging_open("out", "ours", 2, &s, &err), IG_OK);
  assert_int_equal(ig_staging_claim(&s, "special.txt", &err), IG_OK);
  assert_int_equal(ig_staging_claim(&s, "../elsewhere", &err), IG_OK);
  ig_staging_close(&s);
  touch("out.partial/special.txt");
  touch("out.partial/model-00001-of-00002.safetensors");
  touch("out.partial/model.safetensors.index.json");
  // Names that no fusion gives.
  touch("out.partial/model-mine.safetensors");
  touch("out.partial/model-1-of-2.safetensors");
  touch("out.partial/model.fp16.safetensors");
  touch("elsewhere");
  assert_int_equal(ig_staging_open("out", "another", 2, &s, &err), IG_OK);
  assert_true(ig_file_exists("elsewhere"));
  finish(&s);
  assert_true(unlink("out/model-mine.safetensors") == 0 &&
              unlink("out/model-1-of-2.safetensors") == 0 &&
              unlink("out/model.fp16.safetensors") == 0);
  assert_int_equal(rmdir("out"), 0);  // empty
  assert_int_equal(unlink("elsewhere"), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(goes_on_without_what_was_being_written),
                                     cmocka_unit_test(nothing_stays_of_another),
                                     cmocka_unit_test(torn_lines_are_cut_off),
                                     cmocka_unit_test(lost_weights_are_not_done),
                                     cmocka_unit_test(links_are_refused),
                                     cmocka_unit_test(one_fusion_at_a_time),
                                     cmocka_unit_test(files_of_another_fusion_go)};
  return cmocka_run_group_tests(tests, enter, leave);
}
