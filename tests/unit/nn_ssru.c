// The simpler simple recurrent unit: its formula, cells in a cache, and bits for any threads.
#include "nn_fixture.h"
#include "nn/ssru.h"

enum { D = 37, SEQUENCES = 3, ROWS = 9 };
static const int offsets[] = {0, 4, 4, 9};  // one sequence is empty

static ig_ssru make_unit(fixture *f) {
  return (ig_ssru){.candidate = {.in = D, .out = D, .weight = fixture_normal(f, D * D, 0.3f, 1)},
                   .forget = {.in = D,
                              .out = D,
                              .weight = fixture_normal(f, D * D, 0.3f, 2),
                              .bias = fixture_normal(f, D, 1, 3)}};
}

static void reserve(fixture *f, const ig_ssru *unit, int rows) {
  fixture_scratch(f, ig_ssru_scratch(&f->nn, unit, rows, true));
}

// The whole sequences at once.
static void forward_whole(fixture *f, float *result) {
  const ig_ssru unit = make_unit(f);
  ig_ssru_state state;
  ig_ssru_carve(&state, &f->memory, &unit, ROWS);
  reserve(f, &unit, ROWS);
  ig_ssru_forward(&f->nn, &unit, &state, &(ig_self_attention_args){.rows = {SEQUENCES, offsets}},
                  fixture_normal(f, ROWS * D, 1, 4), result);
}

static double product_of(const ig_linear *l, const float *x, size_t j) {
  double sum = l->bias ? (double)l->bias[j] : 0;
  for (size_t k = 0; k < D; k++) sum += (double)l->weight[j * D + k] * (double)x[k];
  return sum;
}

static void formula(const ig_kernels *kernels) {
  fixture f;
  fixture_open(&f, kernels, 2);
  const ig_ssru unit = make_unit(&f);
  float *output = fixture_zeros(&f, ROWS * D);
  const float *input = fixture_normal(&f, ROWS * D, 1, 4);
  static double expected[ROWS * D];
  for (int s = 0; s < SEQUENCES; s++)
    for (size_t j = 0; j < D; j++) {
      double c = 0;
      for (int r = offsets[s]; r < offsets[s + 1]; r++) {
        const float *x = input + (size_t)r * D;
        const double forget = 1 / (1 + exp(-product_of(&unit.forget, x, j)));
        c = forget * c + (1 - forget) * product_of(&unit.candidate, x, j);
        expected[(size_t)r * D + j] = c > 0 ? c : 0;
      }
    }
  forward_whole(&f, output);
  expect_near("output", output, expected, ROWS * D, 1e-5);
  fixture_close(&f);
}

// One row of each sequence at a time, whose past is in a cache, in rows that change places, as
// those of hypotheses do.
static void cells_in_a_cache(const ig_kernels *kernels) {
  enum { LENGTH = 5, HYPOTHESES = 2 };
  fixture f;
  fixture_open(&f, kernels, 1);
  const ig_ssru unit = make_unit(&f);
  const float *input = fixture_normal(&f, ROWS * D, 1, 4);
  float *whole = fixture_zeros(&f, ROWS * D), *output = fixture_zeros(&f, HYPOTHESES * D),
        *cells = fixture_normal(&f, (LENGTH * HYPOTHESES + 1) * D, 9, 5);
  forward_whole(&f, whole);
  // Sequences 0 and 2 go forward together; the second is one row longer.
  static const int begin[] = {0, 4}, single[] = {0, 1, 2};
  int index[HYPOTHESES * LENGTH] = {0}, store[HYPOTHESES], length[HYPOTHESES];
  ig_ssru_state state;
  ig_ssru_carve(&state, &f.memory, &unit, HYPOTHESES);
  for (int t = 0; t < 4; t++) {
    float *rows = fixture_zeros(&f, HYPOTHESES * D);
    for (int h = 0; h < HYPOTHESES; h++) {
      store[h] = t * HYPOTHESES + (h + t) % HYPOTHESES;
      index[h * LENGTH + t] = store[h];
      length[h] = t + 1;
      memcpy(rows + h * D, input + (begin[h] + t) * D, D * sizeof *rows);
    }
    const ig_kv_cache cache = {.rows = {.fp32 = cells},
                               .store = store,
                               .length = length,
                               .index = index,
                               .index_stride = LENGTH};
    ig_ssru_forward(&f.nn, &unit, &state,
                    &(ig_self_attention_args){.rows = {HYPOTHESES, single}, .cache = &cache}, rows,
                    output);
    for (int h = 0; h < HYPOTHESES; h++)
      assert_memory_equal(output + h * D, whole + (begin[h] + t) * D, D * sizeof *output);
  }
  fixture_close(&f);
}

static void threads(const ig_kernels *kernels) {
  expect_same_bits_for_threads(kernels, forward_whole, ROWS * D);
}

FIXTURE_TEST(formula)
FIXTURE_TEST(cells_in_a_cache)
FIXTURE_TEST(threads)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_formula),
      cmocka_unit_test(test_cells_in_a_cache),
      cmocka_unit_test(test_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
