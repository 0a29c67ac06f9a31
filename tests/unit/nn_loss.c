// The output layer and label-smoothed cross-entropy, or the entropy of the logits, against loops in
// double, over more rows than one block.
#include "nn_fixture.h"
#include "nn/entropy.h"
#include "nn/loss.h"

enum { ROWS = 512 + 77, SIZE = 20, VOCABULARY = 67 };

typedef struct problem {
  ig_loss_args args;
  float *hidden, *dhidden;
} problem;

static problem make(fixture *f, bool entropy) {
  problem p = {.hidden = fixture_normal(f, ROWS * SIZE, 1, 1),
               .dhidden = fixture_normal(f, ROWS * SIZE, 1, 2)};
  int *targets = IG_TAKE(&f->memory, int, ROWS);
  for (int r = 0; r < ROWS; r++) targets[r] = r % 7 == 3 ? -1 : r * 13 % VOCABULARY;
  p.args = (ig_loss_args){.output = {.in = SIZE,
                                     .out = VOCABULARY,
                                     .weight = fixture_normal(f, SIZE * VOCABULARY, 0.3f, 3),
                                     .bias = fixture_normal(f, VOCABULARY, 1, 4),
                                     .weight_gradient = fixture_zeros(f, SIZE * VOCABULARY),
                                     .bias_gradient = fixture_zeros(f, VOCABULARY)},
                          .label_smoothing = 0.1f,
                          .gradient_scale = 0.5f,
                          .targets = targets,
                          .entropy = entropy};
  fixture_scratch(f, ig_loss_scratch(&f->nn, &p.args, ROWS));
  return p;
}

// logits become the gradient of the entropy.
static void naive_entropy(const ig_loss_args *a, double normalizer, double *logits, double *loss) {
  *loss = 0;
  for (int v = 0; v < VOCABULARY; v++)
    *loss -= exp(logits[v] - normalizer) * (logits[v] - normalizer);
  for (int v = 0; v < VOCABULARY; v++)
    logits[v] =
        -(double)a->gradient_scale * exp(logits[v] - normalizer) * (logits[v] - normalizer + *loss);
}

// logits becomes their gradient.
static void naive_row(const ig_loss_args *a, int target, double *logits, double *loss,
                      double *nll) {
  double largest = -INFINITY, sum = 0, mean = 0;
  for (int v = 0; v < VOCABULARY; v++) largest = fmax(largest, logits[v]);
  for (int v = 0; v < VOCABULARY; v++) sum += exp(logits[v] - largest);
  const double normalizer = largest + log(sum), e = (double)a->label_smoothing;
  for (int v = 0; v < VOCABULARY; v++) mean += (normalizer - logits[v]) / VOCABULARY;
  *nll = normalizer - logits[target];
  if (a->entropy) {
    naive_entropy(a, normalizer, logits, loss);
    return;
  }
  *loss = (1 - e) * *nll + e * mean;
  for (int v = 0; v < VOCABULARY; v++)
    logits[v] = (double)a->gradient_scale *
                (exp(logits[v] - normalizer) - (v == target ? 1 - e : 0) - e / VOCABULARY);
}

static void compare_with_loops(const ig_kernels *kernels, bool entropy) {
  fixture f;
  fixture_open(&f, kernels, 2);
  problem p = make(&f, entropy);
  const ig_linear *l = &p.args.output;
  double *dhidden = IG_TAKE(&f.memory, double, ROWS *SIZE),
         *dweight = IG_TAKE(&f.memory, double, SIZE *VOCABULARY), dbias[VOCABULARY] = {0};
  double loss = 0, nll = 0, logits[VOCABULARY];
  size_t tokens = 0;
  for (int r = 0; r < ROWS; r++) {
    const float *h = p.hidden + r * SIZE;
    if (p.args.targets[r] < 0) continue;
    for (int v = 0; v < VOCABULARY; v++) {
      logits[v] = (double)l->bias[v];
      for (int i = 0; i < SIZE; i++) logits[v] += (double)h[i] * (double)l->weight[v * SIZE + i];
    }
    double row_loss, row_nll;
    naive_row(&p.args, p.args.targets[r], logits, &row_loss, &row_nll);
    loss += row_loss;
    nll += row_nll;
    tokens++;
    for (int v = 0; v < VOCABULARY; v++) {
      dbias[v] += logits[v];
      for (int i = 0; i < SIZE; i++) {
        dhidden[r * SIZE + i] += logits[v] * (double)l->weight[v * SIZE + i];
        dweight[v * SIZE + i] += logits[v] * (double)h[i];
      }
    }
  }
  const ig_loss_sums forward = ig_loss_run(&f.nn, &p.args, ROWS, p.hidden, NULL);
  for (int i = 0; i < SIZE * VOCABULARY; i++) assert_true(l->weight_gradient[i] == 0);
  const ig_loss_sums sums = ig_loss_run(&f.nn, &p.args, ROWS, p.hidden, p.dhidden);
  assert_memory_equal(&forward, &sums, sizeof sums);
  float *log_probs = IG_TAKE(&f.memory, float, ROWS);
  ig_loss_log_probs(&f.nn, &p.args, ROWS, p.hidden, log_probs);
  assert_int_equal(sums.tokens, tokens);
  assert_true(fabs(sums.loss - loss) < 1e-6 * loss);
  assert_true(fabs(sums.nll - nll) < 1e-6 * nll);
  for (int r = 0; r < ROWS; r++) nll += (double)log_probs[r];
  assert_true(fabs(nll) < 1e-6 * sums.nll);
  expect_near("dhidden", p.dhidden, dhidden, ROWS * SIZE, 1e-5);
  expect_near("dweight", l->weight_gradient, dweight, SIZE * VOCABULARY, 1e-5);
  expect_near("dbias", l->bias_gradient, dbias, VOCABULARY, 1e-5);
  for (int r = 3; r < ROWS; r += 7)
    for (int i = 0; i < SIZE; i++) assert_true(p.dhidden[r * SIZE + i] == 0);
  fixture_close(&f);
}

static void against_loops(const ig_kernels *kernels) { compare_with_loops(kernels, false); }
static void entropy_against_loops(const ig_kernels *kernels) { compare_with_loops(kernels, true); }

// Equal logits have the largest entropy, an impossible token takes no part, and what is no number
// shows.
static void entropy_of_a_row(const ig_kernels *kernels) {
  float p[4], z[] = {2, 2, -INFINITY, 2};
  ig_entropy_row row = {.probabilities = p, .logits = z, .gradient_scale = 1};
  ig_entropy_run_row(kernels, 4, &row);
  assert_true(fabs((double)row.entropy - log(3)) < 1e-6);
  for (int i = 0; i < 4; i++) assert_true(fabsf(z[i]) < 1e-6f);
  float other[] = {1, NAN, 0, 0};
  row.logits = other;
  ig_entropy_run_row(kernels, 4, &row);
  assert_true(isnan(row.entropy));
}

static void no_counted_row(const ig_kernels *kernels) {
  fixture f;
  fixture_open(&f, kernels, 1);
  problem p = make(&f, true);
  p.args.targets = (const int[]){-1, -100};
  const ig_loss_sums sums = ig_loss_run(&f.nn, &p.args, 2, p.hidden, p.dhidden);
  assert_true(sums.loss == 0 && sums.nll == 0 && sums.tokens == 0);
  for (int i = 0; i < 2 * SIZE; i++) assert_true(p.dhidden[i] == 0);
  fixture_close(&f);
}

// Logits of few enough rows to be held, of enough to be worth their weights; more words never have
// more rows.
static void test_blocks_fit_the_vocabulary(void **state) {
  (void)state;
  assert_true(ig_loss_block(VOCABULARY) < ROWS);  // the tests here have more than one
  assert_int_equal(ig_loss_block(8192), 512);
  assert_int_equal(ig_loss_block(10000), 416);
  int last = 512;
  for (int vocabulary = 1; vocabulary < 1 << 20; vocabulary += 1 + vocabulary / 7) {
    const int rows = ig_loss_block(vocabulary);
    assert_int_equal(rows % 16, 0);
    assert_in_range(rows, 256, last);
    assert_true(rows == 256 || (size_t)rows * (size_t)vocabulary * sizeof(float) <= (size_t)16
                                                                                        << 20);
    last = rows;
  }
}

// A large vocabulary's memory is that of its block, not of all rows.
static void large_vocabulary(const ig_kernels *kernels) {
  fixture f;
  fixture_open(&f, kernels, 1);
  const ig_loss_args args = {.output = {.in = SIZE, .out = 58101}};
  const size_t block = (size_t)256 * 58101 * sizeof(float),
               product = ig_linear_scratch(&f.nn, &args.output, 256);
  assert_in_range(ig_loss_scratch(&f.nn, &args, 4096), block + product,
                  block + product + (1 << 16));
  fixture_close(&f);
}

enum { RESULTS = ROWS * SIZE + SIZE * VOCABULARY + VOCABULARY + 4 };
static void fill_results(fixture *f, bool entropy, float *result) {
  problem p = make(f, entropy);
  p.args.output.weight_gradient = result + ROWS * SIZE;
  p.args.output.bias_gradient = p.args.output.weight_gradient + SIZE * VOCABULARY;
  const ig_loss_sums sums = ig_loss_run(&f->nn, &p.args, ROWS, p.hidden, result);
  memcpy(p.args.output.bias_gradient + VOCABULARY, &sums, 2 * sizeof(double));
}

static void loss_work(fixture *f, float *result) { fill_results(f, false, result); }
static void entropy_work(fixture *f, float *result) { fill_results(f, true, result); }

static void threads(const ig_kernels *kernels) {
  expect_same_bits_for_threads(kernels, loss_work, RESULTS);
  expect_same_bits_for_threads(kernels, entropy_work, RESULTS);
}

FIXTURE_TEST(against_loops)
FIXTURE_TEST(entropy_against_loops)
FIXTURE_TEST(entropy_of_a_row)
FIXTURE_TEST(no_counted_row)
FIXTURE_TEST(threads)
FIXTURE_TEST(large_vocabulary)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_against_loops),    cmocka_unit_test(test_entropy_against_loops),
      cmocka_unit_test(test_entropy_of_a_row), cmocka_unit_test(test_no_counted_row),
      cmocka_unit_test(test_threads),          cmocka_unit_test(test_blocks_fit_the_vocabulary),
      cmocka_unit_test(test_large_vocabulary)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
