// Dropout: its rate, its key, the residual sum, and that nothing but the key decides.
#include "nn_fixture.h"
#include "nn/dropout.h"
#include "nn/residual.h"

enum { ROWS = 40, COLUMNS = 1100, COUNT = ROWS * COLUMNS };
static const ig_dropout place = {0.3f, 6};

static float *ones(fixture *f) {
  float *x = fixture_zeros(f, COUNT);
  for (int i = 0; i < COUNT; i++) x[i] = 1;
  return x;
}

static void rate_and_scale(const ig_kernels *kernels) {
  fixture f;
  fixture_open(&f, kernels, 2);
  float *x = ones(&f), *y = fixture_zeros(&f, COUNT);
  ig_dropout_forward(&f.nn, &place, ROWS, COLUMNS, x, y);  // not in training
  assert_memory_equal(x, y, COUNT * sizeof(float));
  f.nn.training = true;
  ig_dropout_forward(&f.nn, &place, ROWS, COLUMNS, x, y);
  int dropped = 0;
  for (int i = 0; i < COUNT; i++) {
    dropped += y[i] == 0;
    assert_true(y[i] == 0 || fabs((double)y[i] - 1 / 0.7) < 1e-4);
  }
  const double deviation = sqrt(COUNT * 0.3 * 0.7);
  assert_true(fabs(dropped - 0.3 * COUNT) < 5 * deviation);
  ig_dropout_forward(&f.nn, &(ig_dropout){0, 6}, ROWS, COLUMNS, x, y);
  assert_memory_equal(x, y, COUNT * sizeof(float));
  ig_dropout_forward(&f.nn, &place, ROWS, COLUMNS, x, y);
  ig_dropout_forward(&f.nn, &place, ROWS, COLUMNS, x, x);  // in place
  assert_memory_equal(x, y, COUNT * sizeof(float));
  fixture_close(&f);
}

// Each part of the key changes the mask; rows count on from first_row.
static void key(const ig_kernels *kernels) {
  fixture f;
  fixture_open(&f, kernels, 1);
  f.nn.training = true;
  float *x = ones(&f), *y = fixture_zeros(&f, COUNT), *z = fixture_zeros(&f, COUNT);
  ig_dropout_forward(&f.nn, &place, ROWS, COLUMNS, x, y);
  const ig_nn kept = f.nn;
  for (int part = 0; part < 5; part++) {
    ig_dropout other = place;
    f.nn = kept;
    if (part == 0) f.nn.seed += 1;
    if (part == 1) f.nn.seed += (uint64_t)1 << 32;
    if (part == 2) f.nn.update += 1;
    if (part == 3) f.nn.first_row += 1;
    if (part == 4) other.stream += 1;
    ig_dropout_forward(&f.nn, &other, ROWS, COLUMNS, x, z);
    int same = 0;
    for (int i = 0; i < COUNT; i++) same += y[i] == z[i];
    assert_true(fabs(same - 0.58 * COUNT) < 0.02 * COUNT);  // 0.3^2 + 0.7^2: independent masks
    if (part == 3) assert_memory_equal(z, y + COLUMNS, (ROWS - 1) * COLUMNS * sizeof(float));
  }
  f.nn = kept;
  fixture_close(&f);
}

static void residual_is_dropout_then_sum(const ig_kernels *kernels) {
  fixture f;
  fixture_open(&f, kernels, 2);
  const float *x = fixture_normal(&f, COUNT, 1, 1), *residual = fixture_normal(&f, COUNT, 1, 2);
  float *expected = fixture_zeros(&f, COUNT), *output = fixture_zeros(&f, COUNT);
  for (int training = 0; training < 2; training++) {
    f.nn.training = training;
    ig_dropout_forward(&f.nn, &place, ROWS, COLUMNS, x, expected);
    kernels->add(COUNT, residual, expected, expected);
    ig_residual_forward(&f.nn, &(ig_residual_args){&place, ROWS, COLUMNS, residual, x, output});
    assert_memory_equal(output, expected, COUNT * sizeof(float));
    memcpy(output, x, COUNT * sizeof(float));
    ig_residual_forward(&f.nn,
                        &(ig_residual_args){&place, ROWS, COLUMNS, residual, output, output});
    assert_memory_equal(output, expected, COUNT * sizeof(float));
    memcpy(output, residual, COUNT * sizeof(float));
    ig_residual_forward(&f.nn, &(ig_residual_args){&place, ROWS, COLUMNS, output, x, output});
    assert_memory_equal(output, expected, COUNT * sizeof(float));
  }
  fixture_close(&f);
}

static void dropout_work(fixture *f, float *result) {
  f->nn.training = true;
  const float *x = fixture_normal(f, COUNT, 1, 1);
  ig_dropout_forward(&f->nn, &place, ROWS, COLUMNS, x, result);
  ig_residual_forward(&f->nn,
                      &(ig_residual_args){&place, ROWS, COLUMNS, x, result, result + COUNT});
}

static void threads(const ig_kernels *kernels) {
  expect_same_bits_for_threads(kernels, dropout_work, 2 * COUNT);
}

FIXTURE_TEST(rate_and_scale)
FIXTURE_TEST(key)
FIXTURE_TEST(residual_is_dropout_then_sum)
FIXTURE_TEST(threads)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rate_and_scale), cmocka_unit_test(test_key),
      cmocka_unit_test(test_residual_is_dropout_then_sum), cmocka_unit_test(test_threads)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
