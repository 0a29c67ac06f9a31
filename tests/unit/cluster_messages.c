// Ranks as threads: what they say to each other arrives; sums have the bits of the tree that is
// written in the header; who fails, dies or ends too soon is told to all within the time.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/random.h"
#include "cluster/tree_sum.h"
#include "thread_carrier.h"

static const double patience = 8;  // seconds

static void all_ok(const rank_thread *ranks, int size) {
  for (int r = 0; r < size; r++) {
    if (ranks[r].status != IG_OK) fail_msg("rank %d: %s", r, ranks[r].err.message);
    if (ranks[r].left != IG_OK) fail_msg("rank %d leaves: %s", r, ranks[r].left_err.message);
  }
}

// ---- messages ---------------------------------------------------------------

static ig_status talk(void *task, ig_cluster *c, ig_error *err) {
  (void)task;
  const int rank = ig_cluster_rank(c), size = ig_cluster_size(c);
  for (int round = 0; round < 50; round++) {
    int told = rank == 0 ? 1000 + round : -1, own = rank * 7 + round, all[MOST_RANKS];
    char buffer[64] = "", *text = buffer;
    IG_TRY(ig_cluster_broadcast(c, &told, sizeof told, err));
    if (told != 1000 + round) return ig_fail(err, IG_ERROR_FORMAT, "heard %d", told);
    IG_TRY(ig_cluster_gather_all(c, &own, sizeof own, all, err));
    for (int r = 0; r < size; r++)
      if (all[r] != r * 7 + round) return ig_fail(err, IG_ERROR_FORMAT, "rank %d: %d", r, all[r]);
    snprintf(buffer, sizeof buffer, "%.*s", round % 32, "a text that is up to thirty long");
    const size_t length = (size_t)(round % 32);
    IG_TRY(ig_cluster_broadcast_text(c, &text, err));
    if (strlen(text) != length) return ig_fail(err, IG_ERROR_FORMAT, "text '%s'", text);
    if (rank > 0) free(text);
    IG_TRY(ig_cluster_meet(c, err));
  }
  return IG_OK;
}

static void everybody_hears(void **state) {
  (void)state;
  for (int size = 1; size <= 5; size++) {
    rank_thread ranks[MOST_RANKS];
    post_office office;
    run_ranks(ranks, size, patience, NULL, talk, &office);
    all_ok(ranks, size);
  }
}

// ---- sums -------------------------------------------------------------------

typedef struct sum_task {
  size_t count;
  float *values[MOST_RANKS];
} sum_task;

static float value_of(int rank, size_t i) {
  const uint32_t bits = ig_random_u32(3, (uint64_t)rank, i);
  return ((float)bits - 2147483648.0f) * (bits % 7 ? 1e-9f : 1e-3f);
}

static float expected(int first, int leaves, size_t i) {
  if (leaves == 1) return value_of(first, i);
  const int split = (int)ig_tree_sum_split((size_t)leaves);
  return expected(first, split, i) + expected(first + split, leaves - split, i);
}

static ig_status sum(void *task, ig_cluster *c, ig_error *err) {
  const sum_task *t = task;
  float *values = t->values[ig_cluster_rank(c)];
  ig_tree_sum tree;
  ig_status status = ig_tree_sum_make(c, &tree, err);
  for (size_t i = 0; i < t->count; i++) values[i] = value_of(ig_cluster_rank(c), i);
  if (status == IG_OK) status = ig_tree_sum_run(&tree, values, t->count, err);
  ig_tree_sum_free(&tree);
  return status;
}

static void sums_have_the_bits_of_the_tree(void **state) {
  (void)state;
  static const size_t counts[] = {1, 1000, 600001};
  for (int size = 1; size <= 7; size += size > 4 ? 2 : 1)
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
      sum_task task = {.count = counts[k]};
      rank_thread ranks[MOST_RANKS];
      post_office office;
      bool serial = true;
      for (int r = 0; r < size; r++) task.values[r] = calloc(counts[k], sizeof(float));
      run_ranks(ranks, size, patience, &task, sum, &office);
      all_ok(ranks, size);
      for (size_t i = 0; i < counts[k]; i++) {
        const float want = expected(0, size, i);
        float in_order = 0;
        for (int r = 0; r < size; r++) {
          if (memcmp(&task.values[r][i], &want, sizeof want) != 0)
            fail_msg("%d ranks, rank %d, value %zu of %zu: %.9g instead of %.9g", size, r, i,
                     counts[k], (double)task.values[r][i], (double)want);
          in_order += value_of(r, i);
        }
        serial &= in_order == want;
      }
      // Negative control: another order would have been found.
      if (size >= 4 && counts[k] >= 1000) assert_false(serial);
      for (int r = 0; r < size; r++) free(task.values[r]);
      // Each value goes over the wire twice.
      assert_true(office.floats <= 2 * (size_t)(size - 1) * counts[k] * sizeof(float) + 4096);
    }
}

// ---- failures ---------------------------------------------------------------

static ig_status fail_in_one(void *task, ig_cluster *c, ig_error *err) {
  const int *culprit = task;
  if (ig_cluster_rank(c) == *culprit) return ig_fail(err, IG_ERROR_IO, "the disk is full");
  return talk(NULL, c, err);
}

static void a_failure_is_told_to_all(void **state) {
  (void)state;
  for (int culprit = 0; culprit < 3; culprit++) {
    rank_thread ranks[MOST_RANKS];
    post_office office;
    char expected_text[64];
    const double begin = ig_clock_seconds();
    run_ranks(ranks, 3, patience, &culprit, fail_in_one, &office);
    assert_true(ig_clock_seconds() - begin < 5);
    snprintf(expected_text, sizeof expected_text, "rank %d of 3 has failed: the disk is full",
             culprit);
    for (int r = 0; r < 3; r++) {
      assert_int_equal(ranks[r].status, IG_ERROR_IO);
      assert_string_equal(ranks[r].err.message, r == culprit ? "the disk is full" : expected_text);
    }
  }
}

typedef struct dumb_task {
  post_office *office;
  double heard_after[MOST_RANKS];
} dumb_task;

static ig_status lose_one(void *task, ig_cluster *c, ig_error *err) {
  dumb_task *t = task;
  const int rank = ig_cluster_rank(c);
  IG_TRY(ig_cluster_meet(c, err));
  if (rank == 1) post_strike_dumb(t->office, 1);
  const double begin = ig_clock_seconds();
  ig_status status = IG_OK;
  while (status == IG_OK && ig_clock_seconds() - begin < 20) status = ig_cluster_meet(c, err);
  t->heard_after[rank] = ig_clock_seconds() - begin;
  return status;
}

static void silence_is_noticed(void **state) {
  (void)state;
  rank_thread ranks[MOST_RANKS];
  post_office office;
  dumb_task task = {.office = &office};
  run_ranks(ranks, 3, 2.5, &task, lose_one, &office);
  for (int r = 0; r < 3; r += 2) {
    assert_int_equal(ranks[r].status, IG_ERROR_IO);
    assert_non_null(strstr(ranks[r].err.message, "rank 1 of 3 is lost: no sign of life"));
    assert_true(task.heard_after[r] > 1.4 && task.heard_after[r] < 4.5);
  }
  assert_int_not_equal(ranks[1].status, IG_OK);
}

static ig_status end_too_soon(void *task, ig_cluster *c, ig_error *err) {
  (void)task;
  return ig_cluster_rank(c) == 1 ? IG_OK : ig_cluster_meet(c, err);
}

// And nobody waits for ever for a rank that has ended as it should.
static void an_end_is_noticed(void **state) {
  (void)state;
  rank_thread ranks[MOST_RANKS];
  post_office office;
  run_ranks(ranks, 2, patience, NULL, end_too_soon, &office);
  assert_non_null(strstr(ranks[0].err.message, "rank 1 of 2 has ended"));
  assert_int_equal(ranks[1].status, IG_OK);
  assert_non_null(strstr(ranks[1].left_err.message, "rank 0 of 2 has failed"));
}

static ig_status work_long(void *task, ig_cluster *c, ig_error *err) {
  (void)task;
  const double begin = ig_clock_seconds();
  if (ig_cluster_rank(c) == 0)
    while (ig_clock_seconds() - begin < 4) continue;
  return ig_cluster_meet(c, err);
}

static void long_work_is_no_silence(void **state) {
  (void)state;
  rank_thread ranks[MOST_RANKS];
  post_office office;
  run_ranks(ranks, 2, 2.5, NULL, work_long, &office);
  all_ok(ranks, 2);
}

static void alone(void **state) {
  (void)state;
  int value = 3, all = 0;
  assert_int_equal(ig_cluster_rank(NULL), 0);
  assert_int_equal(ig_cluster_size(NULL), 1);
  assert_int_equal(ig_cluster_broadcast(NULL, &value, sizeof value, NULL), IG_OK);
  assert_int_equal(ig_cluster_gather_all(NULL, &value, sizeof value, &all, NULL), IG_OK);
  assert_int_equal(all, 3);
  assert_int_equal(ig_cluster_meet(NULL, NULL), IG_OK);
  assert_int_equal(ig_cluster_leave(NULL, NULL, NULL), IG_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(everybody_hears),
                                     cmocka_unit_test(sums_have_the_bits_of_the_tree),
                                     cmocka_unit_test(a_failure_is_told_to_all),
                                     cmocka_unit_test(silence_is_noticed),
                                     cmocka_unit_test(an_end_is_noticed),
                                     cmocka_unit_test(long_work_is_no_silence),
                                     cmocka_unit_test(alone)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
