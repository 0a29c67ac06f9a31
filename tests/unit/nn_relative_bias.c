// Relative position bias: where buckets begin, against T5Attention._relative_position_bucket of
// transformers 5.23, and the walk over their runs against one distance at a time.
#include <stdlib.h>

#include "nn_fixture.h"
#include "nn/relative_bias.h"

enum { HEADS = 3, LONGEST = 40, DISTANCES = 2 * LONGEST - 1 };

static void expect_first(int count, int farthest, bool two_sided, const int *first, int sided) {
  ig_relative_buckets b;
  assert_int_equal(ig_relative_buckets_create(count, farthest, two_sided, &b, NULL), IG_OK);
  assert_int_equal(b.sided, sided);
  assert_memory_equal(b.first, first, (size_t)sided * sizeof *first);
  ig_relative_buckets_free(&b);
}

static void buckets_begin_where_transformers_has_them(void **state) {
  (void)state;
  static const int encoder[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91};
  static const int decoder[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                16, 19, 21, 24, 27, 31, 35, 40, 46, 52, 59, 67, 77, 87, 99, 113};
  expect_first(32, 128, true, encoder, 16);
  expect_first(32, 128, false, decoder, 32);
}

static ig_relative_bias make_bias(fixture *f, const ig_relative_buckets *buckets) {
  const size_t count = (size_t)buckets->count * HEADS;
  return (ig_relative_bias){.buckets = buckets,
                            .heads = HEADS,
                            .weight = fixture_normal(f, count, 1, 1),
                            .weight_gradient = fixture_zeros(f, count)};
}

// The bucket of key minus query.
static int bucket_at(const ig_relative_buckets *b, int distance) {
  int bucket = 0;
  for (int i = 0; i < b->sided; i++)
    if (b->first[i] <= abs(distance)) bucket = i;
  if (distance <= 0) return bucket;
  return b->two_sided ? b->sided + bucket : 0;
}

// What is gathered for a gradient of each distance is the transpose of what is spread.
static void walks_over_runs_on(const ig_kernels *kernels) {
  static const int offsets[] = {0, 1, 1, LONGEST + 1};  // sequences of 1, 0 and LONGEST rows
  const ig_ragged sequences = {3, offsets};
  for (int two_sided = 0; two_sided < 2; two_sided++) {
    fixture f;
    fixture_open(&f, kernels, 2);
    ig_relative_buckets b;
    assert_int_equal(ig_relative_buckets_create(12, 30, two_sided, &b, NULL), IG_OK);
    const ig_relative_bias bias = make_bias(&f, &b);
    float *values = fixture_zeros(&f, HEADS * DISTANCES),
          *ddistance = fixture_normal(&f, 2 * HEADS * (LONGEST + 1), 1, 2);
    double *expected = IG_TAKE(&f.memory, double, 12 * HEADS);
    memset(expected, 0, 12 * HEADS * sizeof *expected);
    ig_relative_bias_spread(&bias, LONGEST, values);
    for (int h = 0; h < HEADS; h++) {
      expected[bucket_at(&b, 0) * HEADS + h] += (double)ddistance[h];  // the sequence of one row
      for (int i = 0; i < DISTANCES; i++) {
        const int at = bucket_at(&b, i - LONGEST + 1) * HEADS + h;
        assert_true(values[h * DISTANCES + i] == bias.weight[at]);
        expected[at] += (double)ddistance[2 * HEADS + h * DISTANCES + i];
      }
    }
    ig_relative_bias_gather(&f.nn, &bias, &sequences, ddistance);
    expect_near("gathered", bias.weight_gradient, expected, 12 * HEADS, 1e-6);
    ig_relative_buckets_free(&b);
    fixture_close(&f);
  }
}

FIXTURE_TEST(walks_over_runs_on)

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(buckets_begin_where_transformers_has_them),
                                     cmocka_unit_test(test_walks_over_runs_on)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
