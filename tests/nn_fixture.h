// What the tests of nn/ share: random numbers, memory that is freed all at once, and what a layer
// is given (ig_nn).
#ifndef IG_TESTS_NN_FIXTURE_H
#define IG_TESTS_NN_FIXTURE_H
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/random.h"
#include "nn/nn.h"

enum { FIXTURE_BYTES = 64 << 20 };

typedef struct fixture {
  ig_nn nn;
  ig_arena memory, scratch;
  size_t planned;  // bytes of scratch
} fixture;

static inline void fixture_open(fixture *f, const ig_kernels *kernels, int threads) {
  *f = (fixture){.nn = {.kernels = kernels, .seed = 0x123456789abcdefu, .update = 3}};
  assert_int_equal(ig_pool_create(threads, &f->nn.pool, NULL), IG_OK);
  assert_int_equal(ig_arena_create(&f->memory, FIXTURE_BYTES, NULL), IG_OK);
  f->nn.scratch = &f->scratch;
}

// Makes the scratch memory. The arena rounds up; fixture_close checks that the layer kept to
// `bytes`.
static inline void fixture_scratch(fixture *f, size_t bytes) {
  ig_arena_free(&f->scratch);
  f->planned = bytes;
  assert_int_equal(ig_arena_create(&f->scratch, bytes, NULL), IG_OK);
}

// Checks that the layer released all scratch memory, and took no more than was planned.
static inline void fixture_close(fixture *f) {
  assert_int_equal(f->scratch.used, 0);
  assert_true(f->scratch.peak <= f->planned);
  ig_pool_free(f->nn.pool);
  ig_arena_free(&f->scratch);
  ig_arena_free(&f->memory);
}

// `count` normal numbers times `deviation`. Each seed gives others.
static inline float *fixture_normal(fixture *f, size_t count, float deviation, uint64_t seed) {
  float *x = IG_TAKE(&f->memory, float, count);
  for (size_t i = 0; i < count; i++) x[i] = deviation * (float)ig_random_normal(seed, 7, i);
  return x;
}

static inline float *fixture_zeros(fixture *f, size_t count) {
  float *x = IG_TAKE(&f->memory, float, count);
  memset(x, 0, count * sizeof *x);
  return x;
}

static inline void expect_near(const char *what, const float *got, const double *want, size_t count,
                               double tolerance) {
  for (size_t i = 0; i < count; i++)
    if (!(fabs((double)got[i] - want[i]) <= tolerance * (1 + fabs(want[i]))))
      fail_msg("%s: element %zu is %.9g, expected %.9g", what, i, (double)got[i], want[i]);
}

static inline void expect_near_floats(const char *what, const float *got, const float *want,
                                      size_t count, double tolerance) {
  for (size_t i = 0; i < count; i++)
    if (!(fabs((double)got[i] - (double)want[i]) <= tolerance * (1 + fabs((double)want[i]))))
      fail_msg("%s: element %zu is %.9g, expected %.9g", what, i, (double)got[i], (double)want[i]);
}

typedef void (*fixture_test)(const ig_kernels *kernels);
static inline void fixture_on_every_table(fixture_test test) {
  for (const ig_kernels *const *kernels = ig_kernels_all(); *kernels; kernels++) {
    if (ig_kernels_supported(*kernels))
      test(*kernels);
    else
      print_message("%s: not run, this CPU lacks it\n", (*kernels)->name);
  }
}
// Defines the cmocka test test_NAME, which runs NAME(kernels) on every table.
#define FIXTURE_TEST(name)                \
  static void test_##name(void **state) { \
    (void)state;                          \
    fixture_on_every_table(name);         \
  }

// Checks that the `count` results which `work` writes have the same bits with 1, 2 and 3 threads.
typedef void (*fixture_work)(fixture *f, float *result);
static inline void expect_same_bits_for_threads(const ig_kernels *kernels, fixture_work work,
                                                size_t count) {
  fixture f[3];
  float *result[3];
  for (int t = 0; t < 3; t++) {
    fixture_open(&f[t], kernels, t + 1);
    result[t] = fixture_zeros(&f[t], count);
    work(&f[t], result[t]);
    assert_memory_equal(result[t], result[0], count * sizeof(float));
  }
  for (int t = 0; t < 3; t++) fixture_close(&f[t]);
}
#endif
