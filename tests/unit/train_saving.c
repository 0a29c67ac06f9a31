// When a run saves its state, and what a start finds of an earlier run: nothing that was learned is
// lost or replaced without a word.
#include "train_fixture.h"

// A state of training.json at the line of the log that begins with `at`, which comes before the
// saves of its update.
static struct {
  const char *at, *checkpoint, *key;
  json_int_t found;  // -1: there was no such line
} seen;

static void note_state(void *context, ig_level level, const char *text) {
  message(context, level, text);
  if (strncmp(text, seen.at, strlen(seen.at)) != 0) return;
  const json_t *value = state_of(seen.checkpoint, seen.key);
  seen.found = json_is_boolean(value) ? json_is_true(value) : json_integer_value(value);
}

// state_of(checkpoint, key) at the line `at` of a run of c.yml.
static json_int_t state_at(const char *at, const char *checkpoint, const char *key,
                           const char *const *set, size_t count) {
  ig_error err = {0};
  const ig_train_options options = {
      .set = set, .set_count = count, .threads = 1, .reporter = {.message = note_state}};
  seen.at = at;
  seen.checkpoint = checkpoint;
  seen.key = key;
  seen.found = -1;
  interrupt_at = 0;
  ok(ig_train("c.yml", &options, &err), &err);
  return seen.found;
}
#define EVERY "train.updates=8", "train.log_every=1"
#define ALWAYS "train.save_minutes=1e-9"

static void saved_by_time(void **state) {
  (void)state;
  ig_error err = {0};
  assert_int_equal(state_at("update 7,", "timed/latest", "update",
                            SETTINGS("train.output=timed", EVERY, ALWAYS, "train.save_every=4",
                                     "train.keep=9", "train.validate_every=8")),
                   6);
  assert_int_equal(
      state_at("update 7,", "untimed/latest", "update",
               SETTINGS("train.output=untimed", EVERY, "train.save_minutes=0", "train.save_every=4",
                        "train.keep=9", "train.validate_every=8")),
      4);
  assert_same_run("timed", "untimed");
  // Saves by time keep no copy.
  assert_true(ig_file_exists("timed/update-4") && ig_file_exists("timed/update-8"));
  assert_false(ig_file_exists("timed/update-6") || ig_file_exists("timed/update-7"));
  // Ten minutes are the default: this run is over before.
  assert_int_equal(
      state_at("update 7,", "default/latest", "update", SETTINGS("train.output=default", EVERY)),
      0);
  ok(TRAIN(1, false, &err, "train.output=default", EVERY), &err);
  assert_int_equal(json_integer_value(state_of("default/latest", "update")), 8);
}

// A run that is killed within a validation finds its state, and makes up for the validation.
static void saved_before_a_validation(void **state) {
  (void)state;
#define VALIDATED EVERY, "train.validate_every=5", "train.output=before"
  assert_int_equal(
      state_at("validation at update 5", "before/latest", "update", SETTINGS(VALIDATED, ALWAYS)),
      5);
  remove_tree("before");
  assert_int_equal(state_at("validation at update 5", "before/latest", "validation_due",
                            SETTINGS(VALIDATED, ALWAYS)),
                   1);
  remove_tree("before");
  assert_int_equal(
      state_at("validation at update 5", "before/latest", "update", SETTINGS(VALIDATED)), 0);
}

// A best/ that the checkpoint does not know of would be replaced by a worse one after a kill.
static void saved_with_the_best(void **state) {
  (void)state;
#define BEST EVERY, "train.validate_every=3", "train.output=with", "train.best_metric=loss"
  assert_int_equal(state_at("update 5,", "with/latest", "best_update", SETTINGS(BEST)), 3);
}

static void assert_refused(const char *output, const char *what) {
  ig_error err = {0};
  char set[64];
  snprintf(set, sizeof set, "train.output=%s", output);
  assert_int_equal(TRAIN(1, false, &err, set), IG_ERROR_ARGUMENT);
  if (!strstr(err.message, what)) fail_msg("'%s' is not in '%s'", what, err.message);
  assert_non_null(strstr(err.message, "no latest/ to go on from"));
  assert_non_null(strstr(err.message, "choose another train.output, or move them away"));
}

static void results_without_a_checkpoint_are_refused(void **state) {
  (void)state;
  ig_error err = {0};
  interrupt_at = 0;
  ok(TRAIN(1, false, &err, "train.output=lost", "train.updates=6", "train.validate_every=3",
           "train.save_every=3", "train.keep=2"),
     &err);
  assert_int_equal(ig_file_copy("lost/best/model.safetensors", "lost.best", NULL) |
                       ig_file_copy("lost/metrics.jsonl", "lost.metrics", NULL),
                   IG_OK);
  remove_tree("lost/latest");
  assert_refused("lost", "lost holds best/, metrics.jsonl, update-3/ of an earlier run");
  assert_true(same_file("lost/best/model.safetensors", "lost.best"));
  assert_true(same_file("lost/metrics.jsonl", "lost.metrics"));
  remove_tree("lost/best");
  assert_refused("lost", "lost holds metrics.jsonl, update-3/ of");
  remove_tree("lost/metrics.jsonl");
  assert_refused("lost", "lost holds update-3/ of");
  remove_tree("lost/update-3");
  remove_tree("lost/update-6");
  ok(TRAIN(1, false, &err, "train.output=lost", "train.updates=2"), &err);
}

// What was killed before its first line of metrics has learned nothing that anyone saw.
static void a_checkpoint_of_no_update_is_begun_anew(void **state) {
  (void)state;
  ig_error err = {0};
#define NONE "train.output=none", "train.updates=4"
  interrupt_on = "model: ";
  assert_int_equal(TRAIN(1, false, &err, NONE), IG_INTERRUPTED);
  interrupt_on = NULL;
  assert_int_equal(json_integer_value(state_of("none/latest", "update")), 0);
  ok(TRAIN(1, false, &err, NONE, "train.learning_rate=0.004"), &err);
  ok(TRAIN(1, false, &err, "train.output=all", "train.updates=4", "train.learning_rate=0.004"),
     &err);
  assert_same_run("none", "all");
  // With results beside it, it is the checkpoint of that run.
  ok(TRAIN(1, false, &err, "train.output=some", "train.updates=1", "train.learning_rate=0"), &err);
  interrupt_on = "model: ";
  assert_int_equal(TRAIN(1, false, &err, "train.output=zero"), IG_INTERRUPTED);
  interrupt_on = NULL;
  assert_int_equal(ig_file_copy("some/metrics.jsonl", "zero/metrics.jsonl", NULL), IG_OK);
  assert_int_equal(TRAIN(1, false, &err, "train.output=zero", "train.learning_rate=0.004"),
                   IG_ERROR_ARGUMENT);
  ok(TRAIN(1, false, &err, "train.output=zero"), &err);
  ok(TRAIN(1, false, &err, "train.output=one"), &err);
  assert_same_run("zero", "one");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(saved_by_time),
      cmocka_unit_test(saved_before_a_validation),
      cmocka_unit_test(saved_with_the_best),
      cmocka_unit_test(results_without_a_checkpoint_are_refused),
      cmocka_unit_test(a_checkpoint_of_no_update_is_begun_anew),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
