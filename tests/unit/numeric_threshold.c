// Thresholds against a sort: whatever the probe says, however small the workspace is, in any order
// of blocks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "numeric/threshold.h"

enum { VALUES = 5000, BLOCK = 700, BLOCKS = (VALUES + BLOCK - 1) / BLOCK };

static int by_magnitude(const void *a, const void *b) {
  const float x = fabsf(*(const float *)a), y = fabsf(*(const float *)b);
  return x < y ? -1 : x > y;
}

// Many equal values where `steps` is small.
static void fill(float *x, double steps) {
  for (int i = 0; i < VALUES; i++)
    x[i] = (float)(round((ig_random_uniform(3, 1, (uint64_t)i) - 0.5) * steps) / steps);
}

static void find(ig_threshold *t, const float *x) {
  static uint32_t scratch[BLOCK];
  for (int pass = 0; pass < IG_THRESHOLD_PASSES; pass++) {
    uint64_t counts[IG_THRESHOLD_BINS] = {0};
    if (!ig_threshold_wants(t, pass)) continue;
    for (size_t b = BLOCKS; b-- > 0;) {
      const size_t first = b * BLOCK, count = first + BLOCK < VALUES ? BLOCK : VALUES - first;
      ig_threshold_gather(t, pass, &(ig_threshold_values){b, count, x + first, scratch}, counts);
    }
    ig_threshold_end_pass(t, pass, counts);
  }
}

static void check(const float *x, const ig_threshold *t) {
  static float sorted[VALUES];
  for (int i = 0; i < VALUES; i++) sorted[i] = x[i];
  qsort(sorted, VALUES, sizeof *sorted, by_magnitude);
  const float expected = fabsf(sorted[t->rank]);
  assert_true(ig_select_value(t->select.key) == expected);
  size_t below = 0, equal = 0, before = 0;
  for (int i = 0; i < VALUES; i++) {
    below += fabsf(x[i]) < expected;
    equal += fabsf(x[i]) == expected;
  }
  assert_int_equal(t->select.rank, t->rank - below);
  assert_int_equal(t->select.equal, equal);
  for (size_t b = 0; b < BLOCKS; b++) {
    assert_int_equal(t->block[b].equals, before);
    for (size_t i = b * BLOCK; i < (b + 1) * BLOCK && i < VALUES; i++)
      before += fabsf(x[i]) == expected;
  }
}

typedef enum probing { NONE, EVEN, MISLEADING } probing;

static void probe_values(ig_threshold *t, const float *x, probing how) {
  float probe[500];
  for (int i = 0; i < 500; i++) probe[i] = how == EVEN ? x[i * 10] : 1e6f + (float)i;
  if (how != NONE) ig_threshold_probe(t, 500, probe);
}

static void exact_whatever_the_probe_says(void **state) {
  (void)state;
  static float x[VALUES];
  static uint32_t workspace[VALUES];
  static const double steps[] = {1e9, 1000, 8};
  static const size_t ranks[] = {0, 1, 1250, 2500, 4990, VALUES - 1},
                      capacities[] = {VALUES, 1500, 10};
  int bracketed = 0, digits = 0;
  for (size_t s = 0; s < 3; s++) {
    fill(x, steps[s]);
    for (size_t r = 0; r < sizeof ranks / sizeof *ranks; r++) {
      for (size_t c = 0; c < 3; c++) {
        for (probing how = NONE; how <= MISLEADING; how++) {
          ig_threshold_block blocks[BLOCKS] = {{0}};
          ig_threshold t = {.rank = ranks[r],
                            .values = VALUES,
                            .blocks = BLOCKS,
                            .splits = true,
                            .capacity = capacities[c],
                            .workspace = workspace,
                            .block = blocks};
          ig_threshold_begin(&t);
          probe_values(&t, x, how);
          find(&t, x);
          check(x, &t);
          bracketed += t.found;
          digits += !t.found;
        }
      }
    }
  }
  assert_true(bracketed > 20 && digits > 20);  // both ways have been gone
}

// The example at the top of numeric/threshold.h.
static void example_of_the_header(void **state) {
  (void)state;
  static const float x[2][2] = {{5, -3}, {3, 1}};
  uint32_t workspace[4], scratch[2];
  for (size_t capacity = 0; capacity <= 4; capacity += 4) {
    ig_threshold_block blocks[2] = {{0}};
    ig_threshold t = {.rank = 2,
                      .values = 4,
                      .blocks = 2,
                      .splits = true,
                      .capacity = capacity,
                      .workspace = workspace,
                      .block = blocks};
    ig_threshold_begin(&t);
    for (int pass = 0; pass < IG_THRESHOLD_PASSES; pass++) {
      uint64_t counts[IG_THRESHOLD_BINS] = {0};
      if (!ig_threshold_wants(&t, pass)) continue;
      for (size_t b = 0; b < 2; b++)
        ig_threshold_gather(&t, pass, &(ig_threshold_values){b, 2, x[b], scratch}, counts);
      ig_threshold_end_pass(&t, pass, counts);
    }
    assert_int_equal(t.found, capacity == 4);
    assert_int_equal(t.select.key, ig_select_key(3));
    assert_int_equal(t.select.rank, 1);
    assert_int_equal(t.select.equal, 2);
    assert_int_equal(blocks[0].equals, 0);
    assert_int_equal(blocks[1].equals, 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(exact_whatever_the_probe_says),
                                     cmocka_unit_test(example_of_the_header)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
