// Thresholds beside a sort: whatever the sample says, however little room there is, in any order of
// blocks.
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
      ig_threshold_gather(t, pass, b, count, x + first, scratch, counts);
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
  for (int i = 0; i < VALUES; i++)
    below += fabsf(x[i]) < expected, equal += fabsf(x[i]) == expected;
  assert_int_equal(t->select.rank, t->rank - below);
  assert_int_equal(t->select.equal, equal);
  for (size_t b = 0; b < BLOCKS; b++) {
    assert_int_equal(t->block[b].equals, before);
    for (size_t i = b * BLOCK; i < (b + 1) * BLOCK && i < VALUES; i++)
      before += fabsf(x[i]) == expected;
  }
}

typedef enum sampling { NONE, EVEN, MISLEADING } sampling;

static void look(ig_threshold *t, const float *x, sampling how) {
  float sample[500];
  for (int i = 0; i < 500; i++) sample[i] = how == EVEN ? x[i * 10] : 1e6f + (float)i;
  if (how != NONE) ig_threshold_look(t, 500, sample);
}

static void exact_whatever_the_sample_says(void **state) {
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
        for (sampling how = NONE; how <= MISLEADING; how++) {
          ig_threshold_block blocks[BLOCKS] = {{0}};
          ig_threshold t = {.rank = ranks[r],
                            .values = VALUES,
                            .blocks = BLOCKS,
                            .splits = true,
                            .capacity = capacities[c],
                            .workspace = workspace,
                            .block = blocks};
          ig_threshold_begin(&t);
          look(&t, x, how);
          find(&t, x);
          check(x, &t);
          bracketed += t.found, digits += !t.found;
        }
      }
    }
  }
  assert_true(bracketed > 20 && digits > 20);  // both ways have been gone
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(exact_whatever_the_sample_says)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
