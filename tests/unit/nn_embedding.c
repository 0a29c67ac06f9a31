// Embeddings and sinusoids against their formulas.
#include "nn_fixture.h"
#include "base/bf16.h"
#include "nn/embedding.h"
#include "nn/gemm.h"
#include "nn/positions.h"

enum { ROWS = 700, SIZE = 150, VOCABULARY = 23, POSITIONS = 11, FROZEN = 5 };

typedef struct problem {
  ig_embedding embedding;
  int *ids, *position;
  float *positions, *doutput;
} problem;

static problem make(fixture *f) {
  problem p = {.embedding = {.vocabulary = VOCABULARY,
                             .size = SIZE,
                             .weight = fixture_normal(f, VOCABULARY * SIZE, 1, 1),
                             .weight_gradient = fixture_normal(f, VOCABULARY * SIZE, 1, 2),
                             .scale = sqrtf(SIZE),
                             .frozen_id = FROZEN},
               .positions = fixture_normal(f, POSITIONS * SIZE, 1, 3),
               .doutput = fixture_normal(f, ROWS * SIZE, 1, 4)};
  p.ids = IG_TAKE(&f->memory, int, ROWS);
  p.position = IG_TAKE(&f->memory, int, ROWS);
  for (int r = 0; r < ROWS; r++) {
    p.ids[r] = r * r % (VOCABULARY - 1);
    p.position[r] = r % POSITIONS;
  }
  return p;
}

static void against_loops(const ig_kernels *kernels) {
  fixture f;
  fixture_open(&f, kernels, 2);
  problem p = make(&f);
  float *output = fixture_zeros(&f, ROWS * SIZE), *kept = fixture_zeros(&f, VOCABULARY * SIZE);
  double *expected = IG_TAKE(&f.memory, double, ROWS *SIZE),
         *gradient = IG_TAKE(&f.memory, double, VOCABULARY *SIZE);
  memcpy(kept, p.embedding.weight_gradient, VOCABULARY * SIZE * sizeof(float));
  for (int i = 0; i < VOCABULARY * SIZE; i++) gradient[i] = (double)kept[i];
  for (int i = 0; i < ROWS * SIZE; i++) {
    const int id = p.ids[i / SIZE], column = i % SIZE;
    expected[i] = sqrt(SIZE) * (double)p.embedding.weight[id * SIZE + column] +
                  (double)p.positions[p.position[i / SIZE] * SIZE + column];
    if (id != FROZEN) gradient[id * SIZE + column] += sqrt(SIZE) * (double)p.doutput[i];
  }
  ig_embedding_forward(
      &f.nn, &p.embedding,
      &(ig_embedding_args){
          .rows = ROWS, .ids = p.ids, .position = p.position, .positions = p.positions},
      output);
  expect_near("output", output, expected, ROWS * SIZE, 1e-6);
  ig_embedding_backward(&f.nn, &p.embedding, ROWS, p.ids, p.doutput);
  expect_near("gradient", p.embedding.weight_gradient, gradient, VOCABULARY * SIZE, 1e-4);
  const size_t unused = VOCABULARY - 1;  // never looked up
  assert_memory_equal(p.embedding.weight_gradient + FROZEN * SIZE, kept + FROZEN * SIZE,
                      SIZE * sizeof(float));
  assert_memory_equal(p.embedding.weight_gradient + unused * SIZE, kept + unused * SIZE,
                      SIZE * sizeof(float));
  p.embedding.weight_gradient = NULL;  // frozen whole
  ig_embedding_backward(&f.nn, &p.embedding, ROWS, p.ids, p.doutput);
  fixture_close(&f);
}

// A table that an output layer packed gives the rows of the plain one: rounded ones in bfloat16.
static void look_up_packed(const ig_kernels *kernels, ig_weight_layout layout) {
  fixture f;
  fixture_open(&f, kernels, 2);
  problem p = make(&f);
  const ig_embedding_args args = {
      .rows = ROWS, .ids = p.ids, .position = p.position, .positions = p.positions};
  const ig_gemm_operand transposed = {
      .n = VOCABULARY, .k = SIZE, .b = p.embedding.weight, .b_depth = 1, .b_column = SIZE};
  const size_t bytes = ig_gemm_packed_bytes(kernels, layout, VOCABULARY, SIZE);
  ig_embedding packed = p.embedding;
  packed.weight = NULL;
  packed.packed = ig_gemm_place(layout, VOCABULARY, SIZE, IG_TAKE(&f.memory, char, bytes));
  ig_gemm_pack(&f.nn, &transposed, 0, packed.packed);
  float *rounded = fixture_zeros(&f, VOCABULARY * SIZE);
  for (int i = 0; i < VOCABULARY * SIZE; i++)
    rounded[i] = ig_bf16_to_float(ig_bf16_from_float(p.embedding.weight[i]));
  if (layout == IG_WEIGHT_LAYOUT_BFLOAT16_PANELS) p.embedding.weight = rounded;
  float *got = fixture_zeros(&f, ROWS * SIZE), *want = fixture_zeros(&f, ROWS * SIZE);
  ig_embedding_forward(&f.nn, &packed, &args, got);
  ig_embedding_forward(&f.nn, &p.embedding, &args, want);
  assert_memory_equal(got, want, ROWS * SIZE * sizeof(float));
  fixture_close(&f);
}

static void packed_tables(const ig_kernels *kernels) {
  look_up_packed(kernels, IG_WEIGHT_LAYOUT_FLOAT32_PANELS);
  look_up_packed(kernels, IG_WEIGHT_LAYOUT_BFLOAT16_PANELS);
}

static void embedding_work(fixture *f, float *result) {
  problem p = make(f);
  p.embedding.weight_gradient = result;
  ig_embedding_backward(&f->nn, &p.embedding, ROWS, p.ids, p.doutput);
  ig_embedding_forward(
      &f->nn, &p.embedding,
      &(ig_embedding_args){
          .rows = ROWS, .ids = p.ids, .position = p.position, .positions = p.positions},
      result + VOCABULARY * SIZE);
}

static void threads(const ig_kernels *kernels) {
  expect_same_bits_for_threads(kernels, embedding_work, (VOCABULARY + ROWS) * SIZE);
}

// PE(p, 2i) = sin(p / 10000^(2i/d)), PE(p, 2i+1) = cos(same)
static void test_sinusoids(void **state) {
  (void)state;
  enum { D = 24, P = 60 };
  float interleaved[P * D], halves[P * D], inclusive[P * D];
  ig_positions_sinusoids(IG_POSITION_INTERLEAVED, 0, P, D, interleaved);
  ig_positions_sinusoids(IG_POSITION_HALVES, 0, P, D, halves);
  ig_positions_sinusoids(IG_POSITION_HALVES_INCLUSIVE, 2, P, D, inclusive);
  for (int p = 0; p < P; p++)
    for (int i = 0; i < D / 2; i++) {
      const double angle = p / pow(10000, 2.0 * i / D);
      assert_true(fabs((double)interleaved[p * D + 2 * i] - sin(angle)) < 1e-5);
      assert_true(fabs((double)interleaved[p * D + 2 * i + 1] - cos(angle)) < 1e-5);
      assert_true(fabs((double)halves[p * D + i] - sin(angle)) < 1e-7);
      assert_true(fabs((double)halves[p * D + D / 2 + i] - cos(angle)) < 1e-7);
      // Positions from 2 on, and exponents i / (D/2 - 1).
      const double other = (p + 2) / pow(10000, i / (D / 2 - 1.0));
      assert_true(fabs((double)inclusive[p * D + i] - sin(other)) < 1e-5);
      assert_true(fabs((double)inclusive[p * D + D / 2 + i] - cos(other)) < 1e-5);
    }
}

FIXTURE_TEST(against_loops)
FIXTURE_TEST(packed_tables)
FIXTURE_TEST(threads)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_against_loops), cmocka_unit_test(test_packed_tables),
      cmocka_unit_test(test_threads), cmocka_unit_test(test_sinusoids)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
