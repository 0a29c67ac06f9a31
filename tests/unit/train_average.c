// The average of the weights: its numbers beside torch's AveragedModel
// (tests/golden/weight_average/make_goldens.py), that it changes no update, that the exchange gives
// back every bit, and the same bits for any number of threads.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "counted_allocations.h"
#include "io/safetensors.h"
#include "train/weight_average.h"
#include "trainer_fixture.h"

enum { UPDATES = 6, VALUES = 40 };

static ig_safetensors *open_golden(void) {
  const char *root = getenv("INGOT_SOURCE");
  char path[512];
  ig_safetensors *file;
  snprintf(path, sizeof path, "%s/tests/golden/weight_average/expected.safetensors",
           root ? root : ".");
  assert_int_equal(ig_safetensors_open_file(path, &file, NULL), IG_OK);
  return file;
}

static void read(const ig_safetensors *file, const char *name, float out[UPDATES * VALUES]) {
  const ig_safetensor *t = ig_safetensors_find(file, name);
  assert_non_null(t);
  assert_int_equal(ig_safetensor_read_float(t, out, UPDATES * VALUES, NULL), IG_OK);
}

// The largest difference from the golden of one decay, of an average that is kept with another.
static double worst_difference(const char *golden, double decay) {
  float weights[UPDATES * VALUES], expected[UPDATES * VALUES];
  double worst = 0;
  ig_weight_average average;
  ig_safetensors *file = open_golden();
  read(file, "weights", weights);
  read(file, golden, expected);
  ig_safetensors_close(file);
  assert_int_equal(ig_weight_average_create(&average, weights, VALUES, decay, NULL), IG_OK);
  for (int u = 0; u < UPDATES; u++) {
    ig_weight_average_add(&average, NULL, weights + u * VALUES, u == 0);
    for (int i = 0; i < VALUES; i++)
      worst = fmax(worst, fabs((double)average.values[i] - (double)expected[u * VALUES + i]));
  }
  ig_weight_average_free(&average);
  return worst;
}

static void equals_torch(void **state) {
  (void)state;
  assert_true(worst_difference("average 0.3", 0.3) < 1e-6);
  assert_true(worst_difference("average 0.9", 0.9) < 1e-6);
  assert_true(worst_difference("average 0.999", 0.999) < 1e-6);
  // Negative control.
  assert_true(worst_difference("average 0.999", 0.998) > 1e-4);
}

static void open_run(run *r, int threads, double decay) {
  open_run_with(r, threads, (ig_dropouts){0});
  if (decay > 0) assert_int_equal(ig_trainer_keep_average(r->trainer, decay, NULL), IG_OK);
}

static void update(run *r) {
  assert_int_equal(ig_trainer_accumulate(r->trainer, &r->batch, 0, NULL, NULL), IG_OK);
  assert_int_equal(ig_trainer_update(r->trainer, 0.01f, NULL, NULL), IG_OK);
}

static void assert_same(const float *a, const float *b, size_t count) {
  assert_memory_equal(a, b, count * sizeof *a);
}

// Beside a trainer without an average: the same updates, and the average of its weights, also when
// both are exchanged after each update.
static void follows_the_weights(void **state) {
  (void)state;
  run plain, one, three;
  open_run(&plain, 1, 0);
  open_run(&one, 1, 0.8);
  open_run(&three, 3, 0.8);
  const size_t count = plain.model->trained_count;
  ig_weight_average average;
  assert_int_equal(ig_weight_average_create(&average, plain.model->values, count, 0.8, NULL),
                   IG_OK);
  // Before the first update it is the weights.
  ig_trainer_swap_average(one.trainer);
  assert_same(one.model->values, plain.model->values, count);
  ig_trainer_swap_average(one.trainer);
  for (int u = 0; u < UPDATES; u++) {
    update(&plain);
    ig_weight_average_add(&average, NULL, plain.model->values, u == 0);
    const int before = allocations;
    update(&one);
    if (u > 0) assert_int_equal(allocations, before);
    update(&three);
    assert_same(one.model->values, plain.model->values, count);
    ig_trainer_swap_average(one.trainer);
    ig_trainer_swap_average(three.trainer);
    assert_same(one.model->values, average.values, count);
    assert_same(three.model->values, average.values, count);
    assert_same(ig_trainer_average(one.trainer), plain.model->values, count);
    ig_trainer_swap_average(one.trainer);
    ig_trainer_swap_average(three.trainer);
    assert_same(one.model->values, plain.model->values, count);
  }
  assert_true(memcmp(average.values, plain.model->values, count * sizeof(float)) != 0);
  ig_weight_average_free(&average);
  close_run(&plain);
  close_run(&one);
  close_run(&three);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_torch),
                                     cmocka_unit_test(follows_the_weights)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
