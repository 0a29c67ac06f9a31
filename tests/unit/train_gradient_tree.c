// The tree of gradients: shares of ranks are whole branches of it, and a process that computes all
// leaves gets the bits of the tree that the definition gives.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "cluster/tree_sum.h"
#include "train/gradient_tree.h"
#include "train/share.h"

enum { VALUES = 100000 };

static float leaf_value(size_t leaf, size_t i) {
  return ((float)ig_random_u32(9, leaf, i) - 2147483648.0f) * (i % 5 ? 1e-9f : 1e-2f);
}

static float expected(size_t first, size_t leaves, size_t i) {
  if (leaves == 1) return leaf_value(first, i);
  const size_t split = ig_tree_sum_split(leaves);
  return expected(first, split, i) + expected(first + split, leaves - split, i);
}

// The sum of leaves first to end - 1 in gradients (VALUES), which are 0 before.
static void add_leaves(size_t first, size_t end, float *gradients) {
  ig_parameter_groups groups;
  ig_pool *pool;
  assert_int_equal(ig_parameter_groups_make_flat(VALUES, &groups, NULL), IG_OK);
  assert_int_equal(ig_pool_create(2, &pool, NULL), IG_OK);
  ig_gradient_tree tree = {
      .pool = pool, .groups = &groups, .gradients = gradients, .leaves = end - first};
  assert_int_equal(ig_kernels_select(&tree.kernels, NULL), IG_OK);
  assert_int_equal(ig_gradient_tree_reserve(&tree, NULL), IG_OK);
  memset(gradients, 0, VALUES * sizeof *gradients);
  for (size_t leaf = 0; leaf < end - first; leaf++) {
    for (size_t i = 0; i < VALUES; i++) {
      assert_true(gradients[i] == 0);
      gradients[i] += leaf_value(first + leaf, i);
    }
    ig_gradient_tree_add(&tree, leaf);
  }
  ig_gradient_tree_free(&tree);
  ig_pool_free(pool);
  ig_parameter_groups_free(&groups);
}

static void one_process_sums_the_tree(void **state) {
  (void)state;
  float *gradients = malloc(VALUES * sizeof *gradients);
  for (size_t leaves = 1; leaves <= 9; leaves++) {
    bool in_order = true;
    add_leaves(0, leaves, gradients);
    for (size_t i = 0; i < VALUES; i++) {
      const float want = expected(0, leaves, i);
      float sum = 0;
      assert_memory_equal(&gradients[i], &want, sizeof want);
      for (size_t leaf = 0; leaf < leaves; leaf++) sum += leaf_value(leaf, i);
      in_order &= sum == want;
    }
    // Negative control: sums in order differ, where there is more than one order.
    assert_true(in_order == (leaves < 4));
  }
  free(gradients);
}

// Adds up branches as the ranks do.
static float add_branches(float *const *branches, int count, size_t i) {
  if (count == 1) return branches[0][i];
  const int split = (int)ig_tree_sum_split((size_t)count);
  return add_branches(branches, split, i) + add_branches(branches + split, count - split, i);
}

static void shares_are_branches(void **state) {
  (void)state;
  static const int cases[][2] = {{2, 2}, {4, 2}, {4, 4}, {3, 2}, {3, 3},  {6, 2},  {6, 3},
                                 {8, 4}, {7, 4}, {5, 3}, {5, 5}, {12, 3}, {12, 6}, {13, 7}};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    const int leaves = cases[k][0], ranks = cases[k][1];
    float *branches[16];
    int next = 0;
    for (int r = 0; r < ranks; r++) {
      ig_share share;
      ig_error err = {0};
      if (ig_share_make(leaves, r, ranks, &share, &err) != IG_OK) fail_msg("%s", err.message);
      assert_int_equal(share.first, next);
      assert_true(share.end > share.first && share.end - share.first <= share.each);
      next = share.end;
      branches[r] = malloc(VALUES * sizeof(float));
      add_leaves((size_t)share.first, (size_t)share.end, branches[r]);
    }
    assert_int_equal(next, leaves);
    for (size_t i = 0; i < VALUES; i++) {
      const float want = expected(0, (size_t)leaves, i), sum = add_branches(branches, ranks, i);
      assert_memory_equal(&sum, &want, sizeof want);
    }
    for (int r = 0; r < ranks; r++) free(branches[r]);
  }
}

static void idle_ranks_are_refused(void **state) {
  (void)state;
  ig_share share;
  ig_error err = {0};
  assert_int_equal(ig_share_make(1, 0, 2, &share, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "start 1, or set train.accumulate to 2"));
  assert_int_equal(ig_share_make(6, 0, 4, &share, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "give work to 3 of 4 ranks"));
  assert_non_null(strstr(err.message, "start 3, or set train.accumulate to 8"));
  assert_int_equal(ig_share_make(1, 0, 1, &share, &err), IG_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(one_process_sums_the_tree),
                                     cmocka_unit_test(shares_are_branches),
                                     cmocka_unit_test(idle_ranks_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
