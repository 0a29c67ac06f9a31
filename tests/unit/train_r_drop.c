// R-Drop: the loss over pairs of rows and its gradients beside PyTorch's
// (tests/golden/r_drop/make_goldens.py); the gradients of a whole model with dropout beside finite
// differences; the same bits for any number of threads, and no allocation in an update.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "counted_allocations.h"
#include "io/safetensors.h"
#include "trainer_fixture.h"

enum { MOST = 512 };

// ---- the loss ----------------------------------------------------------------

static size_t read(const ig_safetensors *file, const char *name, float out[MOST]) {
  const ig_safetensor *t = ig_safetensors_find(file, name);
  assert_non_null(t);
  assert_true(t->elements <= MOST);
  assert_int_equal(ig_safetensor_read_float(t, out, t->elements, NULL), IG_OK);
  return t->elements;
}

// The largest difference from a tensor of the golden, over its largest value.
static double difference(const ig_safetensors *file, const char *name, const float *found) {
  float expected[MOST];
  const size_t count = read(file, name, expected);
  double most = 0, largest = 0;
  for (size_t i = 0; i < count; i++) {
    const double d = fabs((double)expected[i] - (double)found[i]);
    if (!(d <= most)) most = d;
    largest = fmax(largest, fabs((double)expected[i]));
  }
  return most / largest;
}

// The worst difference of sums and gradients, with `more` added to the divergence's weight.
static double compare(const char *name, float more) {
  const char *root = getenv("INGOT_SOURCE");
  char path[512];
  ig_safetensors *file;
  ig_arena scratch = {0};
  float hidden[MOST], weight[MOST], bias[MOST], values[MOST], settings[MOST];
  float dhidden[MOST], dweight[MOST] = {0}, dbias[MOST] = {0};
  int targets[MOST], counted = 0;
  snprintf(path, sizeof path, "%s/tests/golden/r_drop/%s.safetensors", root ? root : ".", name);
  assert_int_equal(ig_safetensors_open_file(path, &file, NULL), IG_OK);
  const size_t rows = read(file, "targets", values), out = read(file, "bias", bias),
               in = read(file, "weight", weight) / out;
  read(file, "hidden", hidden);
  read(file, "settings", settings);
  for (size_t r = 0; r < rows; r++) {
    targets[r] = targets[rows + r] = (int)values[r];
    counted += targets[r] >= 0;
  }
  const ig_loss_args args = {.output = {.in = (int)in,
                                        .out = (int)out,
                                        .weight = weight,
                                        .bias = bias,
                                        .weight_gradient = dweight,
                                        .bias_gradient = dbias},
                             .label_smoothing = settings[0],
                             .gradient_scale = 1.0f / (float)counted,
                             .targets = targets,
                             .r_drop = settings[1] + more};
  ig_nn nn = {.scratch = &scratch, .training = true};
  assert_int_equal(ig_kernels_select(&nn.kernels, NULL), IG_OK);
  assert_int_equal(ig_arena_create(&scratch, ig_loss_scratch(&nn, &args, (int)(2 * rows)), NULL),
                   IG_OK);
  const ig_loss_sums sums = ig_loss_run(&nn, &args, (int)(2 * rows), hidden, dhidden);
  const float found[] = {(float)sums.loss, (float)sums.nll, (float)sums.kl_divergence};
  assert_int_equal(sums.tokens, counted);
  double worst = difference(file, "sums", found);
  worst = fmax(worst, difference(file, "dhidden", dhidden));
  worst = fmax(worst, difference(file, "dweight", dweight));
  worst = fmax(worst, difference(file, "dbias", dbias));
  ig_arena_free(&scratch);
  ig_safetensors_close(file);
  return worst;
}

static void equals_pytorch(void **state) {
  (void)state;
  assert_true(compare("plain", 0) < 1e-5);
  assert_true(compare("smoothed", 0) < 1e-5);
  // Negative control.
  assert_true(compare("plain", 0.01f) > 1e-4);
}

// ---- a model -----------------------------------------------------------------

static void open_run(run *r, int threads, float weight) {
  const ig_dropouts dropouts = {.sublayers = 0.2f, .attention = 0.1f, .activation = 0.1f};
  open_run_with(r, threads, dropouts);
  ig_trainer_set_r_drop(r->trainer, weight);
}

static ig_loss_sums accumulate(run *r) {
  ig_loss_sums sums;
  assert_int_equal(ig_trainer_accumulate_sums(r->trainer, &r->batch, 0, &sums, NULL), IG_OK);
  return sums;
}

// The loss of a token, at the same draw of dropout each time.
static double loss_at(run *r) {
  const ig_loss_sums sums = accumulate(r);
  ig_trainer_zero_gradients(r->trainer);
  return sums.loss / (double)sums.tokens;
}

// Moves a tensor by `step` along a direction (count).
static void move(float *values, const float *direction, size_t count, double step) {
  for (size_t i = 0; i < count; i++)
    values[i] = (float)((double)values[i] + step * (double)direction[i]);
}

// How far the slope of the loss along the gradient of one tensor is from the gradient's length,
// which it must be, over that length. Short gradients are lost in the loss's rounding: 0.
static double slope_difference(run *r, const ig_parameter *p, const float *gradient) {
  enum { SHORTEST = 20 };  // thousandths
  const size_t bytes = p->count * sizeof *gradient;
  float *values = r->model->values + p->offset, *before = malloc(bytes);
  double length = 0;
  assert_non_null(before);
  memcpy(before, values, bytes);
  for (size_t i = 0; i < p->count; i++) length += (double)gradient[i] * (double)gradient[i];
  length = sqrt(length);
  const double step = 5e-3;
  move(values, gradient, p->count, step / length);
  const double above = loss_at(r);
  memcpy(values, before, bytes);
  move(values, gradient, p->count, -step / length);
  const double below = loss_at(r);
  memcpy(values, before, bytes);
  free(before);
  if (length < SHORTEST * 1e-3) return 0;
  return fabs((above - below) / (2 * step) - length) / length;
}

static void equals_finite_differences(void **state) {
  (void)state;
  run r;
  open_run(&r, 2, 3);
  const ig_loss_sums sums = accumulate(&r);
  assert_true(sums.kl_divergence > 0.001 * (double)sums.tokens);  // the two draws differ
  assert_int_equal(sums.tokens, SEQUENCES * LENGTH);
  const size_t count = r.model->trained_count;
  float *gradients = malloc(count * sizeof *gradients);
  assert_non_null(gradients);
  memcpy(gradients, r.model->gradients, count * sizeof *gradients);
  ig_trainer_zero_gradients(r.trainer);
  double worst = 0;
  int compared = 0;
  for (size_t i = 0; i < r.model->parameter_count; i++) {
    const ig_parameter *p = &r.model->parameters[i];
    if (!p->trained) continue;
    const double d = slope_difference(&r, p, gradients + p->offset);
    compared += d > 0;
    worst = fmax(worst, d);
  }
  print_message("worst difference %.2e in %d tensors\n", worst, compared);
  assert_true(compared > 20);
  assert_true(worst < 0.01);
  // Negative control: with another weight of the divergence the slope is another.
  ig_trainer_set_r_drop(r.trainer, 2.5f);
  assert_true(slope_difference(&r, &r.model->parameters[0], gradients) > 0.01);
  free(gradients);
  close_run(&r);
}

static void keeps_bits(void **state) {
  (void)state;
  run one, three, without;
  open_run(&one, 1, 2);
  open_run(&three, 3, 2);
  open_run(&without, 1, 0);
  const ig_batch_bounds bounds = {
      SEQUENCES, {SEQUENCES * LENGTH, SEQUENCES * LENGTH}, {LENGTH, LENGTH}};
  assert_int_equal(ig_trainer_reserve(one.trainer, &bounds, &bounds, NULL), IG_OK);
  for (int u = 0; u < 3; u++) {
    const int before = allocations;
    accumulate(&one);
    assert_int_equal(ig_trainer_update(one.trainer, 0.01f, NULL, NULL), IG_OK);
    if (u > 0) assert_int_equal(allocations, before);
    accumulate(&three);
    assert_int_equal(ig_trainer_update(three.trainer, 0.01f, NULL, NULL), IG_OK);
    accumulate(&without);
    assert_int_equal(ig_trainer_update(without.trainer, 0.01f, NULL, NULL), IG_OK);
  }
  const size_t bytes = one.model->trained_count * sizeof *one.model->values;
  assert_memory_equal(one.model->values, three.model->values, bytes);
  assert_true(memcmp(one.model->values, without.model->values, bytes) != 0);
  close_run(&one);
  close_run(&three);
  close_run(&without);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_pytorch),
                                     cmocka_unit_test(equals_finite_differences),
                                     cmocka_unit_test(keeps_bits)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
