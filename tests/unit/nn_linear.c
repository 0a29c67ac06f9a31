// Linear layers and the feed-forward round them, against loops in double.
#include "nn_fixture.h"
#include "base/bf16.h"
#include "nn/feed_forward.h"

enum { ROWS = 37, IN = 45, OUT = 150 };

static ig_linear make_linear(fixture *f, int in, int out, uint64_t seed) {
  const size_t count = (size_t)in * (size_t)out;
  return (ig_linear){.in = in,
                     .out = out,
                     .weight = fixture_normal(f, count, 0.2f, seed),
                     .bias = fixture_normal(f, (size_t)out, 1, seed + 1),
                     .weight_gradient = fixture_normal(f, count, 1, seed + 2),
                     .bias_gradient = fixture_normal(f, (size_t)out, 1, seed + 3)};
}

static void naive_forward(const ig_linear *l, int rows, const double *input, bool relu,
                          double *output) {
  for (int r = 0; r < rows; r++)
    for (int o = 0; o < l->out; o++) {
      double sum = l->bias ? (double)l->bias[o] : 0;
      for (int i = 0; i < l->in; i++)
        sum += input[r * l->in + i] * (double)l->weight[o * l->in + i];
      output[r * l->out + o] = relu && sum < 0 ? 0 : sum;
    }
}

static double *to_double(fixture *f, const float *x, size_t count) {
  double *y = IG_TAKE(&f->memory, double, count);
  for (size_t i = 0; i < count; i++) y[i] = (double)x[i];
  return y;
}

// The layer with the values that its weight has once it is packed in its layout.
static ig_linear as_packed(fixture *f, const ig_linear *l) {
  ig_linear rounded = *l;
  if (l->layout != IG_WEIGHT_LAYOUT_BFLOAT16_PANELS) return rounded;
  float *weight = fixture_zeros(f, IN * OUT);
  for (int i = 0; i < IN * OUT; i++) weight[i] = ig_bf16_to_float(ig_bf16_from_float(l->weight[i]));
  rounded.weight = weight;
  return rounded;
}

static void forward_of(const ig_kernels *kernels, ig_weight_layout layout) {
  fixture f;
  fixture_open(&f, kernels, 2);
  ig_linear l = make_linear(&f, IN, OUT, 1);
  l.layout = layout;
  const ig_linear exact = as_packed(&f, &l);
  fixture_scratch(&f, ig_linear_scratch(&f.nn, &l, ROWS));
  const float *input = fixture_normal(&f, ROWS * IN, 1, 9);
  float *output = fixture_zeros(&f, ROWS * OUT), *again = fixture_zeros(&f, ROWS * OUT);
  double *expected = IG_TAKE(&f.memory, double, ROWS *OUT);
  for (int relu = 0; relu < 2; relu++) {
    naive_forward(&exact, ROWS, to_double(&f, input, ROWS * IN), relu, expected);
    ig_linear_forward(&f.nn, &l, ROWS, input, relu ? IG_ACTIVATION_RELU : IG_ACTIVATION_NONE,
                      output);
    expect_near("forward", output, expected, ROWS * OUT, 1e-5);
  }
  ig_linear packed = l;
  float *weights = fixture_zeros(&f, ig_linear_packed_bytes(&f.nn, &l, l.layout) / sizeof(float));
  ig_linear_place(&f.nn, &packed, l.layout, weights);
  ig_linear_pack(&f.nn, &packed, 0, l.out, l.weight);
  packed.weight = NULL;
  ig_linear_forward(&f.nn, &packed, ROWS, input, IG_ACTIVATION_RELU, again);
  assert_memory_equal(output, again, ROWS * OUT * sizeof(float));
  l.bias = NULL;
  ig_linear unbiased = exact;
  unbiased.bias = NULL;
  naive_forward(&unbiased, ROWS, to_double(&f, input, ROWS * IN), false, expected);
  ig_linear_forward(&f.nn, &l, ROWS, input, IG_ACTIVATION_NONE, output);
  expect_near("without bias", output, expected, ROWS * OUT, 1e-5);
  fixture_close(&f);
}

static void forward(const ig_kernels *kernels) {
  forward_of(kernels, IG_WEIGHT_LAYOUT_FLOAT32_PANELS);
  forward_of(kernels, IG_WEIGHT_LAYOUT_BFLOAT16_PANELS);
  forward_of(kernels, IG_WEIGHT_LAYOUT_BFLOAT16_PARTS);
}

// Gradients of parameters are added to those before; dinput is overwritten, or added to where
// asked.
static void backward(const ig_kernels *kernels) {
  fixture f;
  fixture_open(&f, kernels, 2);
  ig_linear l = make_linear(&f, IN, OUT, 1);
  fixture_scratch(&f, ig_linear_scratch(&f.nn, &l, ROWS));
  const float *input = fixture_normal(&f, ROWS * IN, 1, 9),
              *doutput = fixture_normal(&f, ROWS * OUT, 1, 10);
  float *dinput = fixture_normal(&f, ROWS * IN, 1, 11),
        *added = fixture_normal(&f, ROWS * IN, 1, 12);
  double *dweight = to_double(&f, l.weight_gradient, IN * OUT),
         *dbias = to_double(&f, l.bias_gradient, OUT);
  double *dx = to_double(&f, fixture_zeros(&f, ROWS * IN), ROWS * IN),
         *dx_added = to_double(&f, added, ROWS * IN);
  for (int r = 0; r < ROWS; r++)
    for (int o = 0; o < OUT; o++) {
      const double dy = (double)doutput[r * OUT + o];
      dbias[o] += dy;
      for (int i = 0; i < IN; i++) {
        dweight[o * IN + i] += dy * (double)input[r * IN + i];
        dx[r * IN + i] += dy * (double)l.weight[o * IN + i];
        dx_added[r * IN + i] += dy * (double)l.weight[o * IN + i];
      }
    }
  ig_linear_backward(&f.nn, &l, ROWS, input, &(ig_layer_gradient){doutput, dinput, false});
  expect_near("dweight", l.weight_gradient, dweight, IN * OUT, 1e-5);
  expect_near("dbias", l.bias_gradient, dbias, OUT, 1e-5);
  expect_near("dinput", dinput, dx, ROWS * IN, 1e-5);
  l.weight_gradient = l.bias_gradient = NULL;  // frozen
  ig_linear_backward(&f.nn, &l, ROWS, input, &(ig_layer_gradient){doutput, added, true});
  expect_near("dinput added", added, dx_added, ROWS * IN, 1e-5);
  fixture_close(&f);
}

static void feed_forward_inference_is_training_without_dropout(const ig_kernels *kernels) {
  fixture f;
  fixture_open(&f, kernels, 2);
  const ig_feed_forward ffn = {.inner = make_linear(&f, IN, OUT, 1),
                               .outer = make_linear(&f, OUT, IN, 5),
                               .activation = IG_ACTIVATION_RELU,
                               .dropout = {0.5f, 3}};
  fixture_scratch(&f, ig_feed_forward_scratch(&f.nn, &ffn, ROWS, false));
  ig_feed_forward_state inference, training;
  ig_feed_forward_carve(&inference, &f.memory, &ffn, ROWS, false);
  ig_feed_forward_carve(&training, &f.memory, &ffn, ROWS, true);
  const float *input = fixture_normal(&f, ROWS * IN, 1, 9);
  float *output = fixture_zeros(&f, ROWS * IN), *again = fixture_zeros(&f, ROWS * IN);
  double *hidden = IG_TAKE(&f.memory, double, ROWS *OUT),
         *expected = IG_TAKE(&f.memory, double, ROWS *IN);
  naive_forward(&ffn.inner, ROWS, to_double(&f, input, ROWS * IN), true, hidden);
  naive_forward(&ffn.outer, ROWS, hidden, false, expected);
  ig_feed_forward_forward(&f.nn, &ffn, &inference, ROWS, input, output);
  expect_near("feed-forward", output, expected, ROWS * IN, 1e-5);
  ig_feed_forward_forward(&f.nn, &ffn, &training, ROWS, input, again);
  assert_memory_equal(output, again, ROWS * IN * sizeof(float));
  f.nn.training = true;
  ig_feed_forward_forward(&f.nn, &ffn, &training, ROWS, input, again);
  assert_memory_not_equal(output, again, ROWS * IN * sizeof(float));
  fixture_close(&f);
}

enum { MANY = 301, RESULTS = 2 * MANY * IN + IN * OUT + OUT };
static void feed_forward_work(fixture *f, float *result) {
  ig_feed_forward ffn = {.inner = make_linear(f, IN, OUT, 1),
                         .outer = make_linear(f, OUT, IN, 5),
                         .activation = IG_ACTIVATION_GELU,
                         .dropout = {0.1f, 3}};
  float *output = result, *dinput = result + MANY * IN, *dweight = result + 2 * MANY * IN,
        *dbias = dweight + IN * OUT;
  ffn.inner.weight_gradient = dweight;
  ffn.inner.bias_gradient = dbias;
  fixture_scratch(f, ig_feed_forward_scratch(&f->nn, &ffn, MANY, true));
  ig_feed_forward_state state;
  ig_feed_forward_carve(&state, &f->memory, &ffn, MANY, true);
  const float *input = fixture_normal(f, MANY * IN, 1, 9),
              *doutput = fixture_normal(f, MANY * IN, 1, 10);
  f->nn.training = true;
  ig_feed_forward_forward(&f->nn, &ffn, &state, MANY, input, output);
  ig_feed_forward_backward(&f->nn, &ffn, &state, MANY, input,
                           &(ig_layer_gradient){doutput, dinput, false});
}

static void threads(const ig_kernels *kernels) {
  expect_same_bits_for_threads(kernels, feed_forward_work, RESULTS);
}

FIXTURE_TEST(forward)
FIXTURE_TEST(backward)
FIXTURE_TEST(feed_forward_inference_is_training_without_dropout)
FIXTURE_TEST(threads)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_forward),
      cmocka_unit_test(test_backward),
      cmocka_unit_test(test_feed_forward_inference_is_training_without_dropout),
      cmocka_unit_test(test_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
