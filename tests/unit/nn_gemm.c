// The blocked, threaded product against a double-precision triple loop, for all layouts of the
// operands. It has the same bits for any threads and any rows, packed or not.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/bf16.h"
#include "nn/gemm_unit.h"

enum { MAX_THREADS = 3, C_PAD = 5 };

typedef struct layout {
  bool a_transposed, b_transposed;
  size_t pad;      // floats after each row of A and B
  size_t spacing;  // 2: every other float
} layout;

typedef struct shape {
  size_t m, n, k;
} shape;

typedef struct operands {
  float *a, *b, *bias, *c, *expected, *start;
  ig_gemm gemm;
} operands;

static float *random_values(size_t count, uint32_t seed) {
  float *x = malloc((count + 1) * sizeof(float));
  assert_non_null(x);
  for (size_t i = 0; i < count; i++) {
    seed = seed * 1664525u + 1013904223u;
    x[i] = (float)(seed >> 8) / 8388608.0f - 1.0f;
  }
  return x;
}

static operands make(const shape *s, const layout *l) {
  size_t a_rows = l->a_transposed ? s->k : s->m, a_columns = l->a_transposed ? s->m : s->k;
  size_t b_rows = l->b_transposed ? s->n : s->k, b_columns = l->b_transposed ? s->k : s->n;
  size_t a_stride = a_columns * l->spacing + l->pad, b_stride = b_columns * l->spacing + l->pad;
  size_t c_size = s->m * (s->n + C_PAD);
  operands o = {.a = random_values(a_rows * a_stride, 1),
                .b = random_values(b_rows * b_stride, 2),
                .bias = random_values(s->n, 3),
                .c = random_values(c_size, 4),
                .expected = random_values(c_size, 4),
                .start = random_values(c_size, 4)};
  o.gemm = (ig_gemm){.m = s->m,
                     .n = s->n,
                     .k = s->k,
                     .a = o.a,
                     .a_row = l->a_transposed ? l->spacing : a_stride,
                     .a_depth = l->a_transposed ? a_stride : l->spacing,
                     .b = o.b,
                     .b_depth = l->b_transposed ? l->spacing : b_stride,
                     .b_column = l->b_transposed ? b_stride : l->spacing,
                     .c = o.c,
                     .c_row = s->n + C_PAD};
  return o;
}

static void drop(operands *o) {
  free(o->a);
  free(o->b);
  free(o->bias);
  free(o->c);
  free(o->expected);
  free(o->start);
}

static void run_in(ig_nn nn, const ig_gemm *gemm) {
  ig_arena scratch;
  assert_int_equal(ig_arena_create(&scratch, ig_gemm_scratch(&nn, gemm->m, gemm->n, gemm->k), NULL),
                   IG_OK);
  nn.scratch = &scratch;
  ig_gemm_run(&nn, gemm);
  assert_int_equal(scratch.used, 0);
  ig_arena_free(&scratch);
}

static void run(const ig_kernels *kernels, ig_pool *pool, const ig_gemm *gemm) {
  run_in((ig_nn){.kernels = kernels, .pool = pool}, gemm);
}

static void triple_loop(const ig_gemm *g, const float *start, float *out, size_t row_step) {
  for (size_t i = 0; i < g->m; i += row_step)
    for (size_t j = 0; j < g->n; j++) {
      double sum = g->accumulate ? (double)start[i * g->c_row + j] : 0;
      for (size_t p = 0; p < g->k; p++)
        sum += (double)g->a[i * g->a_row + p * g->a_depth] *
               (double)g->b[p * g->b_depth + j * g->b_column];
      if (g->bias) sum += (double)g->bias[j];
      out[i * g->c_row + j] = (float)(g->activation == IG_ACTIVATION_RELU && sum < 0 ? 0 : sum);
    }
}

static void expect_near_rows(const operands *o, size_t row_step) {
  const ig_gemm *g = &o->gemm;
  double allowed = 1e-6 * sqrt((double)g->k + 1) + 1e-6;
  for (size_t i = 0; i < g->m; i++) {
    for (size_t j = 0; j < g->n && i % row_step == 0; j++) {
      double got = (double)o->c[i * g->c_row + j], want = (double)o->expected[i * g->c_row + j];
      if (!(fabs(got - want) <= allowed * (1 + fabs(want))))
        fail_msg("m %zu n %zu k %zu: C[%zu][%zu] is %.9g, expected %.9g", g->m, g->n, g->k, i, j,
                 got, want);
    }
    assert_memory_equal(o->c + i * g->c_row + g->n, o->start + i * g->c_row + g->n,
                        C_PAD * sizeof(float));
  }
}

static const layout layouts[] = {
    {false, true, 0, 1},   // Y = X W^T
    {false, false, 3, 1},  // dX = dY W
    {true, false, 0, 1},   // dW = dY^T X
    {true, true, 7, 1},   {false, false, 1, 2}, {true, true, 0, 2},
};
static const shape shapes[] = {{1, 1, 1},      {0, 5, 3},      {4, 0, 3},       {3, 5, 0},
                               {2, 9, 17},     {5, 50, 16},    {14, 32, 64},    {50, 50, 64},
                               {15, 1100, 70}, {40, 300, 512}, {113, 520, 513}, {130, 161, 300},
                               {9, 200, 1024}, {260, 130, 40}};

static void all_layouts_match_a_triple_loop(void **state) {
  (void)state;
  ig_pool *pool;
  assert_int_equal(ig_pool_create(2, &pool, NULL), IG_OK);
  for (const ig_kernels *const *kernels = ig_kernels_all(); *kernels; kernels++) {
    if (!ig_kernels_supported(*kernels)) {
      print_message("%s: not run, this CPU lacks it\n", (*kernels)->name);
      continue;
    }
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
      for (size_t l = 0; l < sizeof layouts / sizeof *layouts; l++) {
        operands o = make(&shapes[s], &layouts[l]);
        o.gemm.accumulate = (s + l) % 3 == 1;
        o.gemm.bias = l % 2 ? o.bias : NULL;
        o.gemm.activation = l % 3 == 1 ? IG_ACTIVATION_RELU : IG_ACTIVATION_NONE;
        size_t row_step = o.gemm.m * o.gemm.n * o.gemm.k > 1000000 ? 7 : 1;
        run(*kernels, pool, &o.gemm);
        triple_loop(&o.gemm, o.start, o.expected, row_step);
        expect_near_rows(&o, row_step);
        drop(&o);
      }
  }
  ig_pool_free(pool);
}

static ig_gemm_operand operand_of(const ig_gemm *g) {
  return (ig_gemm_operand){g->n, g->k, g->b, g->b_depth, g->b_column};
}

// C of the same product, made in another way, must have the same bits.
static void expect_same_bits(const operands *o, const float *reference) {
  assert_memory_equal(o->c, reference, o->gemm.m * o->gemm.c_row * sizeof(float));
}

static void restart(operands *o) {
  memcpy(o->c, o->start, o->gemm.m * o->gemm.c_row * sizeof(float));
}

// Fills o->expected with the float32 product, of a rounded B if the layout is bfloat16.
static void expect_product(const ig_kernels *kernels, operands *o, ig_weight_layout kind) {
  const ig_gemm *g = &o->gemm;
  const size_t count = g->n && g->k ? (g->k - 1) * g->b_depth + (g->n - 1) * g->b_column + 1 : 0;
  float *rounded = random_values(count, 2);
  for (size_t i = 0; i < count; i++)
    if (kind == IG_WEIGHT_LAYOUT_BFLOAT16_PANELS)
      rounded[i] = ig_bf16_to_float(ig_bf16_from_float(o->b[i]));
    else
      rounded[i] = o->b[i];
  ig_gemm product = *g;
  product.b = rounded;
  run(kernels, NULL, &product);
  memcpy(o->expected, o->c, g->m * g->c_row * sizeof(float));
  free(rounded);
}

static void check_same_bits(const ig_kernels *kernels, ig_pool *const pools[], const shape *s,
                            const layout *l, ig_weight_layout kind) {
  operands o = make(s, l);
  o.gemm.accumulate = s->m % 2 == 1;
  o.gemm.bias = o.bias;
  o.gemm.activation = IG_ACTIVATION_GELU;
  expect_product(kernels, &o, kind);
  o.gemm.layout = kind;
  for (int t = 0; t < MAX_THREADS; t++) {
    restart(&o);
    run(kernels, pools[t], &o.gemm);
    expect_same_bits(&o, o.expected);
  }
  float *packed = malloc((ig_gemm_panel_floats(kernels, s->n, s->k) + 1) * sizeof(float));
  assert_non_null(packed);
  ig_nn nn = {.kernels = kernels, .pool = pools[1]};
  const ig_gemm_operand b = operand_of(&o.gemm);
  restart(&o);
  o.gemm.packed = ig_gemm_place(kind, b.n, b.k, packed);
  ig_gemm_pack(&nn, &b, 0, o.gemm.packed);
  ig_gemm_run(&nn, &o.gemm);
  expect_same_bits(&o, o.expected);
  restart(&o);
  for (size_t i = 0; i < s->m; i++) {  // each row alone
    ig_gemm row = o.gemm;
    row.m = 1;
    row.a += i * row.a_row;
    row.c += i * row.c_row;
    ig_gemm_run(&nn, &row);
  }
  expect_same_bits(&o, o.expected);
  if (kind == IG_WEIGHT_LAYOUT_FLOAT32_PANELS) {
    restart(&o);
    o.gemm.packed.data = NULL;
    ig_gemm_serial(kernels, &o.gemm, packed);
    expect_same_bits(&o, o.expected);
  }
  free(packed);
  drop(&o);
}

static void bits_do_not_depend_on_threads_rows_or_packing(void **state) {
  (void)state;
  ig_pool *pools[MAX_THREADS];
  for (int t = 0; t < MAX_THREADS; t++)
    assert_int_equal(ig_pool_create(t + 1, &pools[t], NULL), IG_OK);
  for (const ig_kernels *const *kernels = ig_kernels_all(); *kernels; kernels++) {
    if (!ig_kernels_supported(*kernels)) continue;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
      for (size_t l = 0; l < sizeof layouts / sizeof *layouts; l++)
        if (shapes[s].m && shapes[s].n &&
            (*kernels != &ig_kernels_reference ||
             shapes[s].m * shapes[s].n * shapes[s].k < 2000000)) {
          check_same_bits(*kernels, pools, &shapes[s], &layouts[l],
                          IG_WEIGHT_LAYOUT_FLOAT32_PANELS);
          check_same_bits(*kernels, pools, &shapes[s], &layouts[l],
                          IG_WEIGHT_LAYOUT_BFLOAT16_PANELS);
        }
  }
  for (int t = 0; t < MAX_THREADS; t++) ig_pool_free(pools[t]);
}

// Compares what is on and above the diagonal with the whole product, and tells how many values
// below it were left alone.
static size_t expect_upper(const operands *o, const float *whole) {
  const ig_gemm *g = &o->gemm;
  size_t left = 0;
  for (size_t i = 0; i < g->m; i++) {
    const size_t row = i * g->c_row;
    assert_memory_equal(o->c + row + i, whole + row + i, (g->n - i) * sizeof(float));
    for (size_t j = 0; j < i; j++)
      left += memcmp(&o->c[row + j], &o->start[row + j], sizeof(float)) == 0;
  }
  return left;
}

// X^T X on and above the diagonal has the bits of the whole product, and half of it is not
// computed.
static void an_upper_half_has_the_same_bits(void **state) {
  (void)state;
  static const size_t sizes[] = {1, 15, 64, 113, 300, 1100};
  const layout transposed = {true, false, 0, 1};
  ig_pool *pools[MAX_THREADS];
  for (int t = 0; t < MAX_THREADS; t++)
    assert_int_equal(ig_pool_create(t + 1, &pools[t], NULL), IG_OK);
  for (const ig_kernels *const *kernels = ig_kernels_all(); *kernels; kernels++)
    for (size_t s = 0; ig_kernels_supported(*kernels) && s < sizeof sizes / sizeof *sizes; s++) {
      const size_t n = sizes[s];
      operands o = make(&(shape){n, n, 40}, &transposed);
      o.gemm.b = o.a;
      o.gemm.accumulate = n % 2 == 1;
      run(*kernels, NULL, &o.gemm);
      memcpy(o.expected, o.c, n * o.gemm.c_row * sizeof(float));
      for (int t = 0; t < MAX_THREADS; t++) {
        restart(&o);
        o.gemm.upper = true;
        run(*kernels, pools[t], &o.gemm);
        const size_t left = expect_upper(&o, o.expected);
        if (n >= 300) assert_true(left > n * n * 3 / 10);
        restart(&o);
        o.gemm.upper = false;  // the control: the whole product leaves nothing alone
        run(*kernels, pools[t], &o.gemm);
        assert_int_equal(expect_upper(&o, o.expected), 0);
      }
      drop(&o);
    }
  for (int t = 0; t < MAX_THREADS; t++) ig_pool_free(pools[t]);
}

// The control of the bits above: weights that are not rounded give others, and so do weights that
// are cut off.
static void rounding_to_bfloat16_shows(void **state) {
  (void)state;
  const shape s = {50, 40, 64};
  operands o = make(&s, &layouts[0]);
  const size_t size = o.gemm.m * o.gemm.c_row * sizeof(float);
  o.gemm.layout = IG_WEIGHT_LAYOUT_BFLOAT16_PANELS;
  run(&ig_kernels_reference, NULL, &o.gemm);
  memcpy(o.expected, o.c, size);
  o.gemm.layout = IG_WEIGHT_LAYOUT_FLOAT32_PANELS;
  run(&ig_kernels_reference, NULL, &o.gemm);
  assert_memory_not_equal(o.c, o.expected, size);
  for (size_t i = 0; i < s.n * s.k; i++) {
    uint32_t bits;
    memcpy(&bits, o.b + i, sizeof bits);
    bits &= 0xffff0000u;
    memcpy(o.b + i, &bits, sizeof bits);
  }
  run(&ig_kernels_reference, NULL, &o.gemm);
  assert_memory_not_equal(o.c, o.expected, size);
  drop(&o);
}

static float of_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

// Rounding to nearest, ties to even; what is not finite stays so, a NaN whose bits are all in the
// lower half included.
static void packing_rounds_to_bfloat16(void **state) {
  (void)state;
  static const uint32_t values[][2] = {
      {0x3f800000, 0x3f800000},  // 1
      {0x3f808000, 0x3f800000},  // 1 + 2^-8: a tie, to even
      {0x3f818000, 0x3f820000},  // 1 + 3 2^-8: a tie, to even
      {0x3f808001, 0x3f810000}, {0xbf807fff, 0xbf800000}, {0x7f800000, 0x7f800000},  // infinity
      {0xff800000, 0xff800000}, {0x7f800001, 0x7fc00000},                            // NaN
      {0xffffffff, 0xffff0000}, {0x00000001, 0x00000000},  // the least subnormal
      {0x00018000, 0x00020000},                            // a tie of subnormals
      {0x80000000, 0x80000000}};
  enum { VALUES = sizeof values / sizeof *values, N = 41, K = 131 };
  float b[N * K], column[K];
  for (size_t i = 0; i < N * K; i++) b[i] = of_bits(values[i % VALUES][0]);
  const ig_gemm_operand operand = {.n = N, .k = K, .b = b, .b_depth = 1, .b_column = K};
  for (const ig_kernels *const *kernels = ig_kernels_all(); *kernels; kernels++) {
    if (!ig_kernels_supported(*kernels)) continue;
    const ig_weight_layout kind = IG_WEIGHT_LAYOUT_BFLOAT16_PANELS;
    const size_t bytes = ig_gemm_packed_bytes(*kernels, kind, N, K);
    assert_int_equal(2 * bytes,
                     ig_gemm_packed_bytes(*kernels, IG_WEIGHT_LAYOUT_FLOAT32_PANELS, N, K));
    void *memory = malloc(bytes);
    assert_non_null(memory);
    const ig_packed packed = ig_gemm_place(kind, N, K, memory);
    ig_gemm_pack(&(ig_nn){.kernels = *kernels}, &operand, 0, packed);
    for (size_t j = 0; j < N; j++) {
      ig_gemm_unpack_column(*kernels, packed, K, j, column);
      for (size_t p = 0; p < K; p++) {
        const float want = of_bits(values[(j * K + p) % VALUES][1]);
        assert_memory_equal(&column[p], &want, sizeof want);
      }
    }
    free(memory);
  }
}

static void run_split(const ig_kernels *kernels, ig_pool *pool, const ig_gemm *gemm) {
  ig_nn nn = {.kernels = kernels, .pool = pool, .training = true};
  ig_arena scratch;
  assert_int_equal(
      ig_arena_create(&scratch, ig_gemm_unit_scratch(&nn, kernels->matrix_unit, gemm->m, gemm->n),
                      NULL),
      IG_OK);
  nn.scratch = &scratch;
  ig_gemm_unit_run(&nn, kernels->matrix_unit, gemm);
  assert_int_equal(scratch.used, 0);
  ig_arena_free(&scratch);
}

// Within 4e-7 of the sum of the products' magnitudes, as a float32 sum is; one product of parts
// left out would be seen where k is small. Parts below 2^-126 count as zero.
static void expect_near_products(const operands *o) {
  const ig_gemm *g = &o->gemm;
  const double least = ldexp(1, -126);
  for (size_t i = 0; i < g->m; i++)
    for (size_t j = 0; j < g->n; j++) {
      double sum = 0, magnitude = 0, lost = least;
      for (size_t p = 0; p < g->k; p++) {
        const double product = (double)g->a[i * g->a_row + p * g->a_depth] *
                               (double)g->b[p * g->b_depth + j * g->b_column];
        sum += product;
        magnitude += fabs(product);
        lost += least * (fabs((double)g->a[i * g->a_row + p * g->a_depth]) +
                         fabs((double)g->b[p * g->b_depth + j * g->b_column]));
      }
      const double got = (double)g->c[i * g->c_row + j];
      if (!(fabs(got - sum) <= 4e-7 * magnitude + 2 * lost))
        fail_msg("m %zu n %zu k %zu: C[%zu][%zu] is %.9g, expected %.9g", g->m, g->n, g->k, i, j,
                 got, sum);
    }
}

static void check_split_accuracy(const ig_kernels *kernels, const shape *s) {
  operands o = make(s, &layouts[0]);
  for (size_t i = 0; i < s->m * s->k; i++) o.a[i] = ldexpf(o.a[i], (int)(i % 9) - 4);
  for (size_t i = 0; i < s->n * s->k; i++) o.b[i] = ldexpf(o.b[i], (int)(i % 7) - 3);
  run_split(kernels, NULL, &o.gemm);
  expect_near_products(&o);
  drop(&o);
}

// Values whose second or third part is subnormal: every layout packs them in its own way.
static void check_split_of_tiny_values(const ig_kernels *kernels, const layout *l) {
  operands o = make(&(shape){40, 70, 96}, l);
  for (size_t i = 0; i < 40 * 96; i++) o.a[i] = ldexpf(o.a[i], -(int)(i % 50) - 90);
  o.gemm.accumulate = false;
  o.gemm.bias = NULL;
  o.gemm.activation = IG_ACTIVATION_NONE;
  run_split(kernels, NULL, &o.gemm);
  expect_near_products(&o);
  drop(&o);
}

// Multiplies with a B packed before, all rows together and each alone.
static void check_split_packed(const ig_kernels *kernels, ig_pool *pool, operands *o) {
  ig_nn nn = {.kernels = kernels, .pool = pool};
  ig_gemm *g = &o->gemm;
  ig_arena memory;
  assert_int_equal(
      ig_arena_create(&memory, ig_gemm_unit_packed_bytes(kernels->matrix_unit, g->n, g->k), NULL),
      IG_OK);
  void *packed =
      IG_TAKE(&memory, char, ig_gemm_unit_packed_bytes(kernels->matrix_unit, g->n, g->k));
  const ig_gemm_operand b = operand_of(g);
  g->packed = ig_gemm_place(IG_WEIGHT_LAYOUT_BFLOAT16_PARTS, b.n, b.k, packed);
  ig_gemm_pack(&nn, &b, 0, g->packed);
  restart(o);
  run_split(kernels, pool, g);
  expect_same_bits(o, o->expected);
  restart(o);
  for (size_t i = 0; i < g->m; i++) {
    ig_gemm row = *g;
    row.m = 1;
    row.a += i * row.a_row;
    row.c += i * row.c_row;
    run_split(kernels, pool, &row);
  }
  expect_same_bits(o, o->expected);
  g->packed.data = NULL;
  ig_arena_free(&memory);
}

static void check_split(const ig_kernels *kernels, ig_pool *const pools[], const shape *s,
                        size_t number) {
  const layout *l = &layouts[number];
  operands o = make(s, l);
  o.gemm.accumulate = s->m % 3 == 1;
  o.gemm.bias = number % 2 ? o.bias : NULL;
  o.gemm.activation = number % 3 == 1 ? IG_ACTIVATION_RELU : IG_ACTIVATION_NONE;
  run_split(kernels, pools[1], &o.gemm);
  triple_loop(&o.gemm, o.start, o.expected, 1);
  expect_near_rows(&o, 1);
  memcpy(o.expected, o.c, s->m * o.gemm.c_row * sizeof(float));
  for (int t = 0; t < MAX_THREADS; t++) {
    restart(&o);
    run_split(kernels, pools[t], &o.gemm);
    expect_same_bits(&o, o.expected);
  }
  check_split_packed(kernels, pools[s->m % 2], &o);
  drop(&o);
}

static void matrix_units_match_a_triple_loop(void **state) {
  (void)state;
  static const shape more[] = {{32, 32, 32},    {33, 31, 33},  {300, 40, 600},
                               {40, 300, 1025}, {530, 70, 64}, {64, 600, 100}};
  ig_pool *pools[MAX_THREADS];
  for (int t = 0; t < MAX_THREADS; t++)
    assert_int_equal(ig_pool_create(t + 1, &pools[t], NULL), IG_OK);
  for (const ig_kernels *const *kernels = ig_kernels_all(); *kernels; kernels++) {
    if (!(*kernels)->matrix_unit) continue;
    if (!ig_kernels_supported(*kernels)) {
      print_message("%s: not run, this CPU lacks it\n", (*kernels)->name);
      continue;
    }
    for (size_t s = 0; s < sizeof more / sizeof *more; s++)
      check_split_accuracy(*kernels, &more[s]);
    check_split_accuracy(*kernels, &(shape){40, 40, 1});
    check_split_accuracy(*kernels, &(shape){5, 300, 3});
    for (size_t l = 0; l < sizeof layouts / sizeof *layouts; l++) {
      check_split_of_tiny_values(*kernels, &layouts[l]);
      for (size_t s = 0; s < sizeof more / sizeof *more; s++)
        check_split(*kernels, pools, &more[s], l);
      for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        if (shapes[s].m && shapes[s].n && shapes[s].k) check_split(*kernels, pools, &shapes[s], l);
    }
  }
  for (int t = 0; t < MAX_THREADS; t++) ig_pool_free(pools[t]);
}

// Rounds the values of a matrix in place; those between them, too.
static void round_values(float *x, size_t lines, size_t depths, size_t line, size_t depth) {
  const size_t count = lines && depths ? (lines - 1) * line + (depths - 1) * depth + 1 : 0;
  for (size_t i = 0; i < count; i++) x[i] = ig_bf16_to_float(ig_bf16_from_float(x[i]));
}

// Training in bfloat16 gives the bits of float32 products of rounded operands, for any threads; or,
// on a unit that does not sum by value, something as near, whose bits do not depend on threads.
static void check_bfloat16(const ig_kernels *kernels, ig_pool *const pools[], const shape *s,
                           size_t number) {
  operands o = make(s, &layouts[number]), of_rounded = make(s, &layouts[number]);
  ig_gemm *const products[] = {&o.gemm, &of_rounded.gemm};
  for (int i = 0; i < 2; i++) {
    products[i]->accumulate = s->m % 3 == 1;
    products[i]->bias = number % 2 ? o.bias : NULL;
    products[i]->activation = number % 3 == 1 ? IG_ACTIVATION_RELU : IG_ACTIVATION_GELU;
  }
  const ig_gemm *r = &of_rounded.gemm;
  round_values(of_rounded.a, r->m, r->k, r->a_row, r->a_depth);
  round_values(of_rounded.b, r->n, r->k, r->b_column, r->b_depth);
  run(kernels, NULL, r);
  for (int t = 0; t < MAX_THREADS; t++) {
    restart(&o);
    run_in(
        (ig_nn){
            .kernels = kernels, .pool = pools[t], .training = true, .compute = IG_COMPUTE_BFLOAT16},
        &o.gemm);
    if (t == 0 && !kernels->bf16_unit->by_value) {
      memcpy(o.expected, of_rounded.c, s->m * r->c_row * sizeof(float));
      expect_near_rows(&o, 1);
      memcpy(of_rounded.c, o.c, s->m * r->c_row * sizeof(float));
    }
    expect_same_bits(&o, of_rounded.c);
  }
  drop(&o);
  drop(&of_rounded);
}

static void training_in_bfloat16_rounds_operands(void **state) {
  (void)state;
  static const shape more[] = {{37, 70, 1100}, {530, 70, 64}, {64, 600, 100}, {300, 40, 600}};
  ig_pool *pools[MAX_THREADS];
  for (int t = 0; t < MAX_THREADS; t++)
    assert_int_equal(ig_pool_create(t + 1, &pools[t], NULL), IG_OK);
  for (const ig_kernels *const *kernels = ig_kernels_all(); *kernels; kernels++) {
    if (!ig_kernels_supported(*kernels)) {
      print_message("%s: not run, this CPU lacks it\n", (*kernels)->name);
      continue;
    }
    for (size_t l = 0; l < sizeof layouts / sizeof *layouts; l++) {
      for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        if (*kernels != &ig_kernels_reference || shapes[s].m * shapes[s].n * shapes[s].k < 2000000)
          check_bfloat16(*kernels, pools, &shapes[s], l);
      for (size_t s = 0; *kernels != &ig_kernels_reference && s < sizeof more / sizeof *more; s++)
        check_bfloat16(*kernels, pools, &more[s], l);
    }
  }
  for (int t = 0; t < MAX_THREADS; t++) ig_pool_free(pools[t]);
}

// The control of the bits above: in float32, and outside training, nothing is rounded.
static void only_training_in_bfloat16_rounds_operands(void **state) {
  (void)state;
  operands o = make(&(shape){50, 40, 64}, &layouts[0]);
  const size_t size = o.gemm.m * o.gemm.c_row * sizeof(float);
  const ig_kernels *kernels = &ig_kernels_reference;
  run(kernels, NULL, &o.gemm);
  memcpy(o.expected, o.c, size);
  run_in((ig_nn){.kernels = kernels, .compute = IG_COMPUTE_BFLOAT16}, &o.gemm);
  assert_memory_equal(o.c, o.expected, size);
  run_in((ig_nn){.kernels = kernels, .training = true}, &o.gemm);
  assert_memory_equal(o.c, o.expected, size);
  run_in((ig_nn){.kernels = kernels, .training = true, .compute = IG_COMPUTE_BFLOAT16}, &o.gemm);
  assert_memory_not_equal(o.c, o.expected, size);
  drop(&o);
}

// Training uses the unit for products that are large enough, inference for weights of its layout;
// the difference shows in the last bits.
static void a_matrix_unit_is_for_training_and_its_layout(void **state) {
  (void)state;
  const ig_kernels *kernels;
  assert_int_equal(ig_kernels_select(&kernels, NULL), IG_OK);
  if (!kernels->matrix_unit) {
    print_message("%s: has no matrix unit, not run\n", kernels->name);
    return;
  }
  operands o = make(&(shape){200, 200, 200}, &layouts[0]);
  const size_t size = o.gemm.m * o.gemm.c_row * sizeof(float), row = o.gemm.n * sizeof(float);
  run(kernels, NULL, &o.gemm);
  memcpy(o.expected, o.c, size);
  run_split(kernels, NULL, &o.gemm);
  assert_memory_not_equal(o.c, o.expected, size);
  memcpy(o.start, o.c, size);
  ig_nn training = {.kernels = kernels, .training = true}, inference = {.kernels = kernels};
  run_in(training, &o.gemm);
  assert_memory_equal(o.c, o.start, size);
  run_in(inference, &o.gemm);
  assert_memory_equal(o.c, o.expected, size);
  o.gemm.layout = IG_WEIGHT_LAYOUT_BFLOAT16_PARTS;
  o.gemm.m = 1;
  run_in(inference, &o.gemm);
  assert_memory_equal(o.c, o.start, row);
  run_in(training, &o.gemm);
  assert_memory_equal(o.c, o.expected, row);
  o.gemm.m = 200;
  drop(&o);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_layouts_match_a_triple_loop),
      cmocka_unit_test(bits_do_not_depend_on_threads_rows_or_packing),
      cmocka_unit_test(an_upper_half_has_the_same_bits),
      cmocka_unit_test(rounding_to_bfloat16_shows),
      cmocka_unit_test(packing_rounds_to_bfloat16),
      cmocka_unit_test(training_in_bfloat16_rounds_operands),
      cmocka_unit_test(only_training_in_bfloat16_rounds_operands),
      cmocka_unit_test(matrix_units_match_a_triple_loop),
      cmocka_unit_test(a_matrix_unit_is_for_training_and_its_layout),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
