// Norms against loops in double.
#include "nn_fixture.h"
#include "nn/norm.h"

enum { ROWS = 200, SIZE = 150 };

static ig_norm make_norm(fixture *f, bool bias, bool rms) {
  ig_norm norm = {.size = SIZE,
                  .eps = 1e-5f,
                  .rms = rms,
                  .weight = fixture_normal(f, SIZE, 1, 1),
                  .weight_gradient = fixture_normal(f, SIZE, 1, 3)};
  if (bias) {
    norm.bias = fixture_normal(f, SIZE, 1, 2);
    norm.bias_gradient = fixture_normal(f, SIZE, 1, 4);
  }
  return norm;
}

static void naive_row(const ig_norm *norm, const float *x, double *normalized, double *rstd) {
  double mean = 0, variance = 0;
  for (int i = 0; i < SIZE && !norm->rms; i++) mean += (double)x[i] / SIZE;
  for (int i = 0; i < SIZE; i++) variance += ((double)x[i] - mean) * ((double)x[i] - mean) / SIZE;
  *rstd = 1 / sqrt(variance + (double)norm->eps);
  for (int i = 0; i < SIZE; i++) normalized[i] = ((double)x[i] - mean) * *rstd;
}

// In place of the output's gradient, too.
static void against_loops(const ig_kernels *kernels) {
  for (int kind = 0; kind < 3; kind++) {
    const bool bias = kind == 1, rms = kind == 2;
    fixture f;
    fixture_open(&f, kernels, 2);
    const ig_norm norm = make_norm(&f, bias, rms);
    ig_norm_state state;
    ig_norm_carve(&state, &f.memory, ROWS);
    const float *input = fixture_normal(&f, ROWS * SIZE, 3, 5),
                *doutput = fixture_normal(&f, ROWS * SIZE, 1, 6);
    float *output = fixture_zeros(&f, ROWS * SIZE), *dinput = fixture_zeros(&f, ROWS * SIZE);
    double *expected = IG_TAKE(&f.memory, double, ROWS *SIZE),
           *dx = IG_TAKE(&f.memory, double, ROWS *SIZE);
    double dweight[SIZE], dbias[SIZE], normalized[SIZE], rstd;
    for (int i = 0; i < SIZE; i++) {
      dweight[i] = (double)norm.weight_gradient[i];
      dbias[i] = bias ? (double)norm.bias_gradient[i] : 0;
    }
    for (int r = 0; r < ROWS; r++) {
      double mean = 0, projection = 0;
      naive_row(&norm, input + r * SIZE, normalized, &rstd);
      for (int i = 0; i < SIZE; i++) {
        const double dy = (double)doutput[r * SIZE + i], g = dy * (double)norm.weight[i];
        expected[r * SIZE + i] =
            normalized[i] * (double)norm.weight[i] + (bias ? (double)norm.bias[i] : 0);
        dweight[i] += dy * normalized[i];
        dbias[i] += dy;
        mean += rms ? 0 : g / SIZE;
        projection += g * normalized[i] / SIZE;
      }
      for (int i = 0; i < SIZE; i++)
        dx[r * SIZE + i] = rstd * ((double)doutput[r * SIZE + i] * (double)norm.weight[i] - mean -
                                   normalized[i] * projection);
    }
    ig_norm_forward(&f.nn, &norm, &state, ROWS, input, output);
    expect_near("output", output, expected, ROWS * SIZE, 1e-5);
    memcpy(dinput, doutput, ROWS * SIZE * sizeof(float));
    ig_norm_backward(&f.nn, &norm, &state, ROWS, input,
                     &(ig_layer_gradient){.doutput = dinput, .dinput = dinput});
    expect_near("dinput", dinput, dx, ROWS * SIZE, 1e-5);
    expect_near("dweight", norm.weight_gradient, dweight, SIZE, 1e-5);
    if (bias) expect_near("dbias", norm.bias_gradient, dbias, SIZE, 1e-5);
    fixture_close(&f);
  }
}

static void work_of_kind(fixture *f, bool rms, float *result) {
  ig_norm norm = make_norm(f, true, rms);
  norm.weight_gradient = result;
  norm.bias_gradient = result + SIZE;
  ig_norm_state state;
  ig_norm_carve(&state, &f->memory, ROWS);
  const float *input = fixture_normal(f, ROWS * SIZE, 3, 5);
  float *output = result + 2 * SIZE;
  ig_norm_forward(&f->nn, &norm, &state, ROWS, input, output);
  ig_norm_backward(&f->nn, &norm, &state, ROWS, input,
                   &(ig_layer_gradient){.doutput = output, .dinput = output + ROWS * SIZE});
}

static void layer_norm_work(fixture *f, float *result) { work_of_kind(f, false, result); }

static void rms_norm_work(fixture *f, float *result) { work_of_kind(f, true, result); }

static void threads(const ig_kernels *kernels) {
  expect_same_bits_for_threads(kernels, layer_norm_work, 2 * SIZE + 2 * ROWS * SIZE);
  expect_same_bits_for_threads(kernels, rms_norm_work, 2 * SIZE + 2 * ROWS * SIZE);
}

FIXTURE_TEST(against_loops)
FIXTURE_TEST(threads)

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_loops),
                                     cmocka_unit_test(test_threads)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
