// Philox gives the known answers of Random123 (kat_vectors); what is drawn from it has the right
// distribution.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/random.h"

typedef struct known_answer {
  uint32_t counter[4], key[2], expected[4];
} known_answer;

static const known_answer known_answers[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

static void philox_gives_the_published_vectors(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof known_answers / sizeof *known_answers; i++) {
    ig_philox_block block = ig_random_philox(known_answers[i].counter, known_answers[i].key);
    assert_memory_equal(block.word, known_answers[i].expected, sizeof block.word);
  }
}

static void numbers_depend_on_all_of_their_key(void **state) {
  (void)state;
  assert_int_equal(ig_random_u32(1, 2, 3), ig_random_u32(1, 2, 3));
  assert_int_not_equal(ig_random_u32(1, 2, 3), ig_random_u32(2, 2, 3));
  assert_int_not_equal(ig_random_u32(1, 2, 3), ig_random_u32(1, 3, 3));
  assert_int_not_equal(ig_random_u32(1, 2, 3), ig_random_u32(1, 2, 4));
  assert_int_not_equal(ig_random_u32(1, 2, 3), ig_random_u32(1ull << 32 | 1, 2, 3));
  assert_int_not_equal(ig_random_u32(1, 2, 3), ig_random_u32(1, 1ull << 32 | 2, 3));
  assert_int_not_equal(ig_random_u32(1, 2, 3), ig_random_u32(1, 2, 1ull << 34 | 3));
  const uint32_t counter[4] = {0, 0, 0, 0}, key[2] = {0, 0};
  ig_philox_block first = ig_random_philox(counter, key);
  for (uint64_t i = 0; i < 4; i++) assert_int_equal(ig_random_u32(0, 0, i), first.word[i]);
}

// At n = 100000 the standard errors are 0.0009 for the uniform mean, 0.0032 for the normal mean and
// 0.0045 for its variance; five of them are allowed.
static void moments_are_right(void **state) {
  (void)state;
  enum { N = 100000 };
  double uniform = 0, normal = 0, square = 0, lag = 0, before = 0;
  for (uint64_t i = 0; i < N; i++) {
    double u = ig_random_uniform(7, 1, i), z = ig_random_normal(7, 2, i);
    assert_true(u >= 0 && u < 1);
    assert_true(isfinite(z));
    uniform += u;
    normal += z;
    square += z * z;
    lag += z * before;
    before = z;
  }
  assert_true(fabs(uniform / N - 0.5) < 0.0046);
  assert_true(fabs(normal / N) < 0.016);
  assert_true(fabs(square / N - 1.0) < 0.023);
  assert_true(fabs(lag / N) < 0.016);
}

static void permutation_holds_each_index_once(void **state) {
  (void)state;
  for (size_t n = 0; n <= 200; n++) {
    uint32_t order[200];
    bool seen[200] = {false};
    ig_random_permutation(3, n, n, order);
    for (size_t i = 0; i < n; i++) {
      assert_true(order[i] < n);
      assert_false(seen[order[i]]);
      seen[order[i]] = true;
    }
  }
}

// Each of the 4! orders has a chance of 1/24, so 1000 +- 31 of 24000 draws are expected.
static void permutations_are_equally_likely(void **state) {
  (void)state;
  int counts[256] = {0}, orders = 0;
  for (uint64_t stream = 0; stream < 24000; stream++) {
    uint32_t order[4];
    ig_random_permutation(11, stream, 4, order);
    counts[order[0] * 64 + order[1] * 16 + order[2] * 4 + order[3]]++;
  }
  for (int i = 0; i < 256; i++) {
    if (counts[i] == 0) continue;
    orders++;
    assert_in_range(counts[i], 840, 1160);
  }
  assert_int_equal(orders, 24);
}

static void hash_is_fnv1a(void **state) {
  (void)state;
  assert_true(ig_random_stream("") == 0xcbf29ce484222325ull);
  assert_true(ig_random_stream("a") == 0xaf63dc4c8601ec8cull);
  assert_true(ig_random_stream("foobar") == 0x85944171f73967e8ull);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(philox_gives_the_published_vectors),
      cmocka_unit_test(numbers_depend_on_all_of_their_key),
      cmocka_unit_test(moments_are_right),
      cmocka_unit_test(permutation_holds_each_index_once),
      cmocka_unit_test(permutations_are_equally_likely),
      cmocka_unit_test(hash_is_fnv1a),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
