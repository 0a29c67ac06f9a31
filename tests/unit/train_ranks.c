// Whole trainings on ranks that are threads: the bits of one process, whatever the number of ranks
// and where it changes; what differs between ranks is refused; nobody but rank 0 writes.
#include "train_fixture.h"

#include "base/fail.h"
#include "thread_carrier.h"

typedef struct ranks_task {
  const char *const *set;  // (count)
  size_t count;
  const char *other;  // an assignment of rank 1 alone; NULL: none
} ranks_task;

static ig_status train_rank(void *task, ig_cluster *cluster, ig_error *err) {
  const ranks_task *t = task;
  const char *set[16];
  size_t count = 0;
  for (; count < t->count; count++) set[count] = t->set[count];
  if (t->other && ig_cluster_rank(cluster) == 1) set[count++] = t->other;
  const ig_train_options options = {
      .set = set, .set_count = count, .threads = 1, .cluster = cluster};
  return ig_train("c.yml", &options, err);
}

static rank_thread ranks[MOST_RANKS];

static void train_ranks(int size, const char *other, const char *const *set, size_t count) {
  post_office office;
  ranks_task task = {.set = set, .count = count, .other = other};
  run_ranks(ranks, size, 8, &task, train_rank, &office);
}

static void all_fine(int size) {
  for (int r = 0; r < size; r++) {
    if (ranks[r].status != IG_OK) fail_msg("rank %d: %s", r, ranks[r].err.message);
    assert_int_equal(ranks[r].left, IG_OK);
  }
}

static void same_model(const char *left, const char *right) {
  static const char *const files[] = {"latest/model.safetensors", "latest/training.safetensors",
                                      "best/model.safetensors"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char a[96], b[96];
    snprintf(a, sizeof a, "%s/%s", left, files[i]);
    snprintf(b, sizeof b, "%s/%s", right, files[i]);
    if (ig_file_exists(a) != ig_file_exists(b) || (ig_file_exists(a) && !same_file(a, b)))
      fail_msg("%s and %s differ", a, b);
  }
}

#define COMMON "train.accumulate=4", "train.batch_tokens=60", "train.validate_every=8"

static void any_number_of_ranks(void **state) {
  (void)state;
  ig_error err = {0};
  ok(TRAIN(1, false, &err, COMMON, "train.output=alone"), &err);
  for (int size = 1; size <= 4; size *= 2) {
    train_ranks(size, NULL, SETTINGS(COMMON, "train.output=together"));
    all_fine(size);
    same_model("alone", "together");
    assert_int_equal(lines_with("together/metrics.jsonl", "valid_loss"), 3);
    assert_int_equal(lines_with("together/metrics.jsonl", "\"nll\""), 6);
    remove_tree("together");
  }
  // Negative control: another share of the same update has other bits.
  ok(TRAIN(1, false, &err, COMMON, "train.output=other", "train.accumulate=8",
           "train.batch_tokens=30"),
     &err);
  assert_false(same_file("alone/latest/model.safetensors", "other/latest/model.safetensors"));
  remove_tree("other");
  // Six micro-batches, of which the last rank has fewer.
  ok(TRAIN(1, false, &err, COMMON, "train.accumulate=6", "train.output=six"), &err);
  for (int size = 2; size <= 3; size++) {
    train_ranks(size, NULL, SETTINGS(COMMON, "train.accumulate=6", "train.output=together"));
    all_fine(size);
    same_model("six", "together");
    remove_tree("together");
  }
  remove_tree("six");
}

static void resumed_with_another_number(void **state) {
  (void)state;
  static const int sizes[] = {2, 1, 4};
  static const char *const updates[] = {"train.updates=7", "train.updates=15", "train.updates=24"};
  for (int i = 0; i < 3; i++) {
    train_ranks(sizes[i], NULL, SETTINGS(COMMON, updates[i], "train.output=together"));
    all_fine(sizes[i]);
  }
  // The end of each part has validated once more; what was learned is the same.
  assert_true(same_file("alone/latest/model.safetensors", "together/latest/model.safetensors"));
  assert_true(
      same_file("alone/latest/training.safetensors", "together/latest/training.safetensors"));
  remove_tree("together");
}

// Frozen parts, an average, two passes, pieces that rank 0 trains.
static void other_trainings(void **state) {
  (void)state;
  ig_error err = {0};
  static const char *const more[][3] = {
      {"train.freeze=[encoder]", "train.ema=0.9", "train.seed=2"},
      {"train.r_drop=1", "train.clip_norm=0.5", "train.optimizer=adamw"},
      {"data.tokens=~", "data.sentencepiece={vocab_size: 20}", "train.recompute=true"}};
  for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
    ok(TRAIN(1, false, &err, COMMON, more[i][0], more[i][1], more[i][2], "train.output=one"), &err);
    train_ranks(2, NULL,
                SETTINGS(COMMON, more[i][0], more[i][1], more[i][2], "train.output=together"));
    all_fine(2);
    same_model("one", "together");
    remove_tree("one");
    remove_tree("together");
  }
}

static void different_ranks_are_refused(void **state) {
  (void)state;
  static const char *const others[] = {"train.learning_rate=0.004", "train.updates=25",
                                       "data.train.source=v.trg", "model.dropout=0.2"};
  static const char *const keys[] = {"train.learning_rate", "train.updates", "data.",
                                     "model.dropout"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    train_ranks(2, others[i], SETTINGS(COMMON, "train.output=together"));
    for (int r = 0; r < 2; r++) {
      assert_int_not_equal(ranks[r].status, IG_OK);
      if (i != 2) assert_non_null(strstr(ranks[r].err.message, keys[i]));
    }
    assert_false(ig_file_exists("together/latest"));
  }
  train_ranks(3, NULL, SETTINGS(COMMON, "train.accumulate=1", "train.output=together"));
  for (int r = 0; r < 3; r++) {
    assert_int_equal(ranks[r].status, IG_ERROR_ARGUMENT);
    assert_non_null(strstr(ranks[r].err.message, "give work to 1 of 3 ranks"));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_number_of_ranks), cmocka_unit_test(resumed_with_another_number),
      cmocka_unit_test(other_trainings), cmocka_unit_test(different_ranks_are_refused)};
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
