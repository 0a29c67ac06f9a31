// Checkpoints replace whole directories: what others put there moves along, symbolic links are
// followed and never emptied, and leftovers never keep a run from starting.
#include "train_fixture.h"

#include <errno.h>

int __real_renameat(int from_at, const char *from, int to_at, const char *to);
int __wrap_renameat(int from_at, const char *from, int to_at, const char *to);
static bool moves_fail;
int __wrap_renameat(int from_at, const char *from, int to_at, const char *to) {
  if (!moves_fail) return __real_renameat(from_at, from, to_at, to);
  errno = EACCES;
  return -1;
}

static void note(const char *path, const char *text) {
  assert_int_equal(ig_file_write(path, text, strlen(text), NULL), IG_OK);
}

static bool says(const char *path, const char *text) {
  char *found;
  if (ig_file_load(path, &found, NULL, NULL) != IG_OK) return false;
  const bool same = strcmp(found, text) == 0;
  free(found);
  return same;
}

static void copy(const char *from, const char *to) {
  char command[128];
  snprintf(command, sizeof command, "cp -R '%s' '%s'", from, to);
  assert_int_equal(system(command), 0);
}

static bool is_link(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

static json_int_t saved_update(const char *latest) {
  char path[128];
  snprintf(path, sizeof path, "%s/training.json", latest);
  json_t *object;
  assert_int_equal(ig_json_load(path, &object, NULL), IG_OK);
  const json_int_t update = json_integer_value(json_object_get(object, "update"));
  json_decref(object);
  return update;
}

static void what_others_put_there_moves_along(void **state) {
  (void)state;
  ig_error err = {0};
#define OWNED                                                                                     \
  "train.output=owned", "train.best_metric=loss", "train.save_every=2", "train.validate_every=2", \
      "train.keep=9"
  ok(TRAIN(1, false, &err, OWNED, "train.updates=4"), &err);
  assert_int_equal(mkdir("aside", 0777) | mkdir("owned/latest/.ipynb_checkpoints", 0777), 0);
  note("aside/picture", "picture");
  note("owned/latest/.ipynb_checkpoints/a.ipynb", "notebook");
  note("owned/latest/README.md", "card");
  note("owned/best/README.md", "best card");
  note("owned/latest/model.safetensors.tmp-12-0", "half");  // a name that only Ingot gives
  assert_int_equal(symlink("../../aside", "owned/latest/link"), 0);
  assert_int_equal(ig_file_copy("owned/best/model.safetensors", "best.before", NULL), IG_OK);
  for (int updates = 6; updates <= 8; updates += 2) {
    char setting[32];
    snprintf(setting, sizeof setting, "train.updates=%d", updates);
    ok(TRAIN(1, false, &err, OWNED, setting), &err);
    assert_string_equal(warning, "");
    assert_int_equal(saved_update("owned/latest"), updates);
    assert_true(says("owned/latest/.ipynb_checkpoints/a.ipynb", "notebook") &&
                says("owned/latest/README.md", "card"));
    assert_true(is_link("owned/latest/link") && says("owned/latest/link/picture", "picture"));
    assert_true(says("owned/best/README.md", "best card"));
    assert_false(ig_file_exists("owned/latest/model.safetensors.tmp-12-0"));
    assert_false(ig_file_exists("owned/latest.tmp") || ig_file_exists("owned/best.tmp"));
    assert_false(ig_file_exists("owned/update-6/README.md"));
  }
  assert_false(same_file("owned/best/model.safetensors", "best.before"));
}

static void links_are_followed(void **state) {
  (void)state;
  ig_error err = {0};
#define LINKED "train.save_every=2", "train.keep=2"
  ok(TRAIN(1, false, &err, LINKED, "train.output=straight", "train.updates=8"), &err);
  ok(TRAIN(1, false, &err, LINKED, "train.output=linked", "train.updates=4"), &err);
  assert_int_equal(mkdir("disk", 0777) | rename("linked/latest", "disk/model") |
                       rename("linked/update-2", "disk/second"),
                   0);
  assert_int_equal(
      symlink("../disk/model", "linked/latest") | symlink("../disk/second", "linked/update-2"), 0);
  note("disk/model/data.txt", "data");
  note("disk/second/data.txt", "more data");
  assert_int_equal(mkdir("disk/model.tmp", 0777),
                   0);  // beside the link's target, this name is not a temporary of ours
  note("disk/model.tmp/config.json", "other");
  ok(TRAIN(1, false, &err, LINKED, "train.output=linked", "train.updates=8"), &err);
  assert_true(is_link("linked/latest"));
  assert_int_equal(saved_update("disk/model"), 8);
  assert_true(same_file("disk/model/model.safetensors", "straight/latest/model.safetensors"));
  assert_true(says("disk/model/data.txt", "data") && says("disk/model.tmp/config.json", "other"));
  assert_false(ig_file_exists("disk/model.ingot-tmp"));
  // Of a link that is one kept checkpoint too many, only the link is removed.
  assert_false(is_link("linked/update-2"));
  assert_true(says("disk/second/data.txt", "more data") &&
              ig_file_exists("disk/second/model.safetensors"));
}

static void a_dangling_link_is_told_at_the_start(void **state) {
  (void)state;
  ig_error err = {0};
  assert_int_equal(mkdir("dangling", 0777) | symlink("nowhere", "dangling/latest"), 0);
  assert_int_equal(TRAIN(1, false, &err, "train.output=dangling", "train.updates=2"), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "dangling/latest: a symbolic link"));
}

static void in_the_way(void **state) {
  (void)state;
  ig_error err = {0};
  ok(TRAIN(1, false, &err, "train.output=blocked", "train.updates=2"), &err);
  note("blocked/latest.tmp", "a file");
  assert_int_equal(TRAIN(1, false, &err, "train.output=blocked", "train.updates=3"), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "blocked/latest.tmp: expected a directory"));
  assert_true(says("blocked/latest.tmp", "a file"));
  assert_int_equal(mkdir("elsewhere", 0777) | unlink("blocked/latest.tmp") |
                       symlink("../elsewhere", "blocked/latest.tmp"),
                   0);
  note("elsewhere/config.json", "other");
  assert_int_equal(TRAIN(1, false, &err, "train.output=blocked", "train.updates=3"), IG_ERROR_IO);
  assert_true(says("elsewhere/config.json", "other"));
}

static void leftovers_never_stop_a_start(void **state) {
  (void)state;
  ig_error err = {0};
  ok(TRAIN(1, false, &err, "train.output=left", "train.updates=2"), &err);
  copy("left/latest", "left/latest.tmp");
  note("left/latest/README.md", "card");
  note("left/latest.tmp/README.md", "older card");
  assert_int_equal(mkdir("left/latest.tmp/notes", 0777) | mkdir("left/update-9.tmp", 0777) |
                       mkdir("left/update-9.tmp/notes", 0777),
                   0);
  assert_int_equal(mkdir("left/metrics.jsonl.tmp-1-1", 0777), 0);
  ok(TRAIN(1, false, &err, "train.output=left", "train.updates=4"), &err);
  assert_true(says("left/latest/README.md", "card") &&
              says("left/latest/README.md.~1~", "older card"));
  assert_true(ig_file_exists("left/latest/notes") && ig_file_exists("left/update-9.tmp/notes"));
  assert_false(ig_file_exists("left/latest.tmp"));
  assert_int_equal(saved_update("left/latest"), 4);
}

// After the exchange the checkpoint is saved, even if the rest fails; and nothing of the rest is
// lost.
static void saved_is_saved(void **state) {
  (void)state;
  ig_error err = {0};
  ok(TRAIN(1, false, &err, "train.output=stuck", "train.updates=2"), &err);
  assert_int_equal(mkdir("stuck/latest/notes", 0777), 0);
  note("stuck/latest/notes/a", "note");
  moves_fail = true;
  ok(TRAIN(1, false, &err, "train.output=stuck", "train.updates=4"), &err);
  assert_non_null(strstr(warning, "stuck/latest.tmp/notes cannot move along into stuck/latest"));
  assert_int_equal(saved_update("stuck/latest"), 4);
  assert_true(says("stuck/latest.tmp/notes/a", "note"));
  // The note moves now, with the whole directory, which becomes the checkpoint.
  ok(TRAIN(1, false, &err, "train.output=stuck", "train.updates=6"), &err);
  assert_true(says("stuck/latest/notes/a", "note"));
  ok(TRAIN(1, false, &err, "train.output=stuck", "train.updates=8"), &err);
  assert_true(says("stuck/latest.tmp/notes/a", "note"));
  moves_fail = false;
  ok(TRAIN(1, false, &err, "train.output=stuck", "train.updates=8"), &err);
  assert_string_equal(warning, "");
  assert_true(says("stuck/latest/notes/a", "note"));
  assert_false(ig_file_exists("stuck/latest.tmp"));
}

static void kept_ones_leave_what_is_not_ours(void **state) {
  (void)state;
  ig_error err = {0};
#define KEPT "train.output=kept", "train.save_every=2", "train.keep=1"
  ok(TRAIN(1, false, &err, KEPT, "train.updates=2"), &err);
  note("kept/update-2/README.md", "card");
  ok(TRAIN(1, false, &err, KEPT, "train.updates=6"), &err);
  assert_non_null(strstr(warning, "kept/update-2: the checkpoint is removed"));
  assert_true(says("kept/update-2/README.md", "card"));
  assert_false(ig_file_exists("kept/update-2/model.safetensors") ||
               ig_file_exists("kept/update-2/config.json"));
  assert_false(ig_file_exists("kept/update-4"));
  assert_true(ig_file_exists("kept/update-6/model.safetensors"));
}

// With every kind of vocabulary, all files of a checkpoint with a temporary's name are removed.
static void all_that_ingot_writes_is_known(void **state) {
  (void)state;
  ig_error err = {0};
  static const char *const vocabularies[] = {"data.tokens=whitespace",
                                             "data.sentencepiece={vocab_size: 18}",
                                             "data.sentencepiece={vocab_size: 18, joint: false}"};
  const char *text = strchr(configuration, '\n') + 1;
  char whole[1024];
  snprintf(whole, sizeof whole, "data: {train: {source: t.src, target: t.trg}}\n%s", text);
  note("v.yml", whole);
  for (int i = 0; i < 3; i++) {
    ok(train_on("v.yml", 1, SETTINGS("train.output=known", "train.updates=1", vocabularies[i]),
                &err),
       &err);
    copy("known/latest", "known/update-77.tmp");
    ok(train_on("v.yml", 1, SETTINGS("train.output=known", "train.updates=1", vocabularies[i]),
                &err),
       &err);
    assert_false(ig_file_exists("known/update-77.tmp"));
    remove_tree("known");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_others_put_there_moves_along),
      cmocka_unit_test(links_are_followed),
      cmocka_unit_test(a_dangling_link_is_told_at_the_start),
      cmocka_unit_test(in_the_way),
      cmocka_unit_test(leftovers_never_stop_a_start),
      cmocka_unit_test(saved_is_saved),
      cmocka_unit_test(kept_ones_leave_what_is_not_ours),
      cmocka_unit_test(all_that_ingot_writes_is_known),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
