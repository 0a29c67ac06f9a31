// The loss with teachers against loops in double, over more rows than one block: one teacher and a
// weighted mean of three, temperatures, the k most likely tokens, shares; that equal ones leave
// nothing to learn, that a share of 0 changes no bit, and the bits for any threads.
#include "nn_fixture.h"
#include "nn/loss.h"

enum { ROWS = 512 + 33, SIZE = 12, VOCABULARY = 61, SOURCES = 3 };

typedef struct problem {
  ig_loss_args args;
  ig_soft_targets soft;
  ig_soft_source sources[SOURCES];
  float *hidden, *dhidden;
} problem;

static ig_linear make_layer(fixture *f, int in, uint64_t seed) {
  return (ig_linear){.in = in,
                     .out = VOCABULARY,
                     .weight = fixture_normal(f, (size_t)in * VOCABULARY, 0.4f, seed),
                     .bias = fixture_normal(f, VOCABULARY, 1, seed + 1)};
}

// Teachers have their own sizes.
static void make(fixture *f, problem *p, int count) {
  const float weights[] = {0.5f, 0.2f, 0.3f};
  int *targets = IG_TAKE(&f->memory, int, ROWS);
  for (int r = 0; r < ROWS; r++) targets[r] = r % 7 == 3 ? -1 : r * 13 % VOCABULARY;
  *p = (problem){.hidden = fixture_normal(f, ROWS * SIZE, 1, 1),
                 .dhidden = fixture_zeros(f, ROWS * SIZE)};
  for (int m = 0; m < count; m++) {
    const int in = SIZE - 3 + 5 * m;
    p->sources[m] = (ig_soft_source){
        .output = make_layer(f, in, 10 + 3 * (uint64_t)m),
        .hidden = fixture_normal(f, (size_t)ROWS * (size_t)in, 1, 12 + 3 * (uint64_t)m),
        .weight = count == 1 ? 1.0f : weights[m]};
  }
  p->soft = (ig_soft_targets){
      .sources = p->sources, .count = count, .share = 0.7f, .temperature = 1, .top_k = 0};
  p->args = (ig_loss_args){.output = make_layer(f, SIZE, 3),
                           .label_smoothing = 0.1f,
                           .gradient_scale = 0.5f,
                           .targets = targets,
                           .soft = &p->soft};
  p->args.output.weight_gradient = fixture_zeros(f, SIZE * VOCABULARY);
  p->args.output.bias_gradient = fixture_zeros(f, VOCABULARY);
  fixture_scratch(f, ig_loss_scratch(&f->nn, &p->args, ROWS));
}

// ---- the loops ------------------------------------------------------------------

static void multiply(const ig_linear *l, const float *hidden, double *logits) {
  for (int v = 0; v < VOCABULARY; v++) {
    logits[v] = (double)l->bias[v];
    for (int i = 0; i < l->in; i++)
      logits[v] += (double)hidden[i] * (double)l->weight[v * l->in + i];
  }
}

// p = softmax(logits / T); returns nothing of the logits.
static void divide_and_softmax(const double *logits, double t, double *p) {
  double largest = -INFINITY, sum = 0;
  for (int v = 0; v < VOCABULARY; v++) largest = fmax(largest, logits[v] / t);
  for (int v = 0; v < VOCABULARY; v++) sum += exp(logits[v] / t - largest);
  for (int v = 0; v < VOCABULARY; v++) p[v] = exp(logits[v] / t - largest) / sum;
}

static void mean_of_teachers(const problem *p, int row, double *q) {
  double logits[VOCABULARY], its[VOCABULARY], sum = 0;
  for (int v = 0; v < VOCABULARY; v++) q[v] = 0;
  for (int m = 0; m < p->soft.count; m++) {
    const ig_soft_source *s = &p->sources[m];
    multiply(&s->output, s->hidden + (size_t)row * (size_t)s->output.in, logits);
    divide_and_softmax(logits, (double)p->soft.temperature, its);
    for (int v = 0; v < VOCABULARY; v++) q[v] += (double)s->weight * its[v];
  }
  for (int v = 0; v < VOCABULARY; v++) its[v] = q[v];
  for (int v = 0; v < VOCABULARY; v++) {
    int above = 0;
    for (int u = 0; u < VOCABULARY; u++) above += its[u] > its[v];
    if (p->soft.top_k > 0 && above >= p->soft.top_k) q[v] = 0;
    sum += q[v];
  }
  for (int v = 0; v < VOCABULARY; v++) q[v] /= sum;
}

// logits becomes their gradient.
static void naive_row(const problem *p, int row, double *logits, ig_loss_sums *sums) {
  const double share = (double)p->soft.share, t = (double)p->soft.temperature,
               e = (double)p->args.label_smoothing, scale = (double)p->args.gradient_scale;
  const int target = p->args.targets[row];
  double q[VOCABULARY], hot[VOCABULARY], cold[VOCABULARY], ce = 0, smooth = 0, entropy = 0;
  mean_of_teachers(p, row, q);
  divide_and_softmax(logits, 1, cold);
  divide_and_softmax(logits, t, hot);
  for (int v = 0; v < VOCABULARY; v++) {
    ce -= q[v] * log(hot[v]);
    entropy -= q[v] > 0 ? q[v] * log(q[v]) : 0;
    smooth -= ((v == target ? 1 - e : 0) + e / VOCABULARY) * log(cold[v]);
    logits[v] = scale * (share * t * (hot[v] - q[v]) +
                         (1 - share) * (cold[v] - (v == target ? 1 - e : 0) - e / VOCABULARY));
  }
  sums->loss += share * t * t * ce + (1 - share) * smooth;
  sums->nll -= log(cold[target]);
  sums->kl_divergence += ce - entropy;
  sums->tokens++;
}

static void expect_loops(fixture *f, problem *p) {
  const ig_linear *l = &p->args.output;
  double *dhidden = IG_TAKE(&f->memory, double, ROWS *SIZE), dweight[SIZE * VOCABULARY] = {0},
         dbias[VOCABULARY] = {0};
  ig_loss_sums expected = {0};
  memset(dhidden, 0, ROWS * SIZE * sizeof *dhidden);
  memset(l->weight_gradient, 0, SIZE * VOCABULARY * sizeof(float));
  memset(l->bias_gradient, 0, VOCABULARY * sizeof(float));
  for (int r = 0; r < ROWS; r++) {
    const float *h = p->hidden + r * SIZE;
    double logits[VOCABULARY];
    if (p->args.targets[r] < 0) continue;
    multiply(l, h, logits);
    naive_row(p, r, logits, &expected);
    for (int v = 0; v < VOCABULARY; v++) {
      dbias[v] += logits[v];
      for (int i = 0; i < SIZE; i++) {
        dhidden[r * SIZE + i] += logits[v] * (double)l->weight[v * SIZE + i];
        dweight[v * SIZE + i] += logits[v] * (double)h[i];
      }
    }
  }
  const ig_loss_sums forward = ig_loss_run(&f->nn, &p->args, ROWS, p->hidden, NULL),
                     sums = ig_loss_run(&f->nn, &p->args, ROWS, p->hidden, p->dhidden);
  assert_memory_equal(&forward, &sums, sizeof sums);
  assert_int_equal(sums.tokens, expected.tokens);
  assert_true(fabs(sums.loss - expected.loss) < 1e-6 * expected.loss);
  assert_true(fabs(sums.nll - expected.nll) < 1e-6 * expected.nll);
  assert_true(fabs(sums.kl_divergence - expected.kl_divergence) < 1e-5 * expected.kl_divergence);
  expect_near("dhidden", p->dhidden, dhidden, ROWS * SIZE, 1e-5);
  expect_near("dweight", l->weight_gradient, dweight, SIZE * VOCABULARY, 1e-5);
  expect_near("dbias", l->bias_gradient, dbias, VOCABULARY, 1e-5);
}

static void against_loops(const ig_kernels *kernels) {
  static const struct {
    int count, top_k;
    float share, temperature;
  } cases[] = {{1, 0, 0.7f, 1},
               {1, 0, 1, 2.5f},
               {3, 0, 0.7f, 1},
               {3, 0, 0.4f, 0.8f},
               {1, 5, 1, 1},
               {3, 1, 0.5f, 3},
               {3, 8, 0.9f, 1},
               {1, VOCABULARY, 0.7f, 1},
               {1, VOCABULARY + 9, 0.7f, 1},
               {3, VOCABULARY - 1, 1, 2}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fixture f;
    problem p;
    fixture_open(&f, kernels, 2);
    make(&f, &p, cases[i].count);
    p.soft.top_k = cases[i].top_k;
    p.soft.share = cases[i].share;
    p.soft.temperature = cases[i].temperature;
    expect_loops(&f, &p);
    fixture_close(&f);
  }
}

// The model itself as its own teacher: no divergence, and nothing to learn.
static void of_oneself(const ig_kernels *kernels) {
  fixture f;
  problem p;
  fixture_open(&f, kernels, 1);
  make(&f, &p, 1);
  p.sources[0].output = p.args.output;
  p.sources[0].hidden = p.hidden;
  p.soft.share = 1;
  const ig_loss_sums sums = ig_loss_run(&f.nn, &p.args, ROWS, p.hidden, p.dhidden);
  assert_true(fabs(sums.kl_divergence) < 1e-6 * sums.loss);
  for (int i = 0; i < ROWS * SIZE; i++) assert_true(fabsf(p.dhidden[i]) < 1e-6f);
  fixture_close(&f);
}

// A share of 0 leaves loss and gradient the bits that they have without teachers.
static void without_share(const ig_kernels *kernels) {
  fixture f;
  problem p;
  fixture_open(&f, kernels, 1);
  make(&f, &p, 3);
  p.soft.share = 0;
  float *alone = fixture_zeros(&f, ROWS * SIZE);
  const ig_loss_sums taught = ig_loss_run(&f.nn, &p.args, ROWS, p.hidden, p.dhidden);
  p.args.soft = NULL;
  const ig_loss_sums sums = ig_loss_run(&f.nn, &p.args, ROWS, p.hidden, alone);
  assert_true(taught.kl_divergence > 0 && sums.kl_divergence == 0);
  assert_true(taught.loss == sums.loss && taught.nll == sums.nll);
  for (int i = 0; i < ROWS * SIZE; i++) assert_true(p.dhidden[i] == alone[i]);
  fixture_close(&f);
}

// Of equal tokens the first are kept, and what is impossible to a teacher costs nothing.
static void ties_and_impossible_tokens(const ig_kernels *kernels) {
  enum { N = 6 };
  const ig_soft_source source = {.output = {.in = 1, .out = N}, .weight = 1};
  const ig_cross_entropy reference = {.target = 0, .label_smoothing = 0, .gradient_scale = 1};
  ig_soft_targets soft = {&source, 1, 1, 1, 3};
  float logs[N] = {-INFINITY, 1, 2, 1, 1, -3}, q[N], logits[N] = {0};
  ig_soft_row row = {.logs = logs, .probabilities = q, .logits = logits};
  ig_soft_targets_row(kernels, &soft, &reference, &row);
  const double e1 = exp(1), e2 = exp(2), sum = 2 * e1 + e2;
  const double expected[N] = {0, e1 / sum, e2 / sum, e1 / sum, 0, 0};
  for (int i = 0; i < N; i++) assert_true(fabs((double)logits[i] - (1.0 / N - expected[i])) < 1e-6);
  assert_true(fabs((double)row.loss - log(N)) < 1e-5);
  float others[N] = {-INFINITY, 1, 2, 1, 1, -3}, all[N] = {0};
  row = (ig_soft_row){.logs = others, .probabilities = q, .logits = all};
  soft.top_k = 0;
  ig_soft_targets_row(kernels, &soft, &reference, &row);
  assert_true(isfinite(row.kl_divergence) && isfinite(row.loss));
  assert_true(fabs((double)all[0] - 1.0 / N) < 1e-6);
}

// Nothing that is no number is lost on the way.
static void not_a_number(const ig_kernels *kernels) {
  for (int top_k = 0; top_k < 4; top_k += 3) {
    const ig_soft_source source = {.output = {.in = 1, .out = 5}, .weight = 1};
    const ig_soft_targets soft = {&source, 1, 1, 1, top_k};
    const ig_cross_entropy reference = {.target = 0, .label_smoothing = 0, .gradient_scale = 1};
    float logs[5] = {1, NAN, 2, 0, NAN}, q[5], logits[5] = {0};
    ig_soft_row row = {.logs = logs, .probabilities = q, .logits = logits};
    ig_soft_targets_row(kernels, &soft, &reference, &row);
    assert_true(isnan(row.loss));
  }
}

enum { RESULTS = ROWS * SIZE + SIZE * VOCABULARY + VOCABULARY + 8 };
static void soft_work(fixture *f, float *result) {
  problem p;
  make(f, &p, 3);
  p.soft.top_k = 9;
  p.args.output.weight_gradient = result + ROWS * SIZE;
  p.args.output.bias_gradient = p.args.output.weight_gradient + SIZE * VOCABULARY;
  const ig_loss_sums sums = ig_loss_run(&f->nn, &p.args, ROWS, p.hidden, result);
  const double numbers[] = {sums.loss, sums.nll, sums.kl_divergence};
  memcpy(p.args.output.bias_gradient + VOCABULARY, numbers, sizeof numbers);
}

static void threads(const ig_kernels *kernels) {
  expect_same_bits_for_threads(kernels, soft_work, RESULTS);
}

FIXTURE_TEST(against_loops)
FIXTURE_TEST(of_oneself)
FIXTURE_TEST(without_share)
FIXTURE_TEST(ties_and_impossible_tokens)
FIXTURE_TEST(not_a_number)
FIXTURE_TEST(threads)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_against_loops), cmocka_unit_test(test_of_oneself),
      cmocka_unit_test(test_without_share), cmocka_unit_test(test_ties_and_impossible_tokens),
      cmocka_unit_test(test_not_a_number),  cmocka_unit_test(test_threads)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
