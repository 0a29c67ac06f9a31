// Products with int8 weights round their kernel: near the product in double, and the same bits for
// any threads, rows together, parts packed apart and instruction sets. Negative control: a flipped
// scale must be noticed.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nn/gemm.h"
#include "nn/gemm_int8.h"

enum { MAX_THREADS = 3 };

typedef struct operands {
  size_t m, n, k;
  float *a, *b, *bias, *c;  // (m, k), (n, k), (n), (m, n)
  ig_packed packed;
  void *memory;
} operands;

static float next_random(void) {
  static uint32_t state = 7;
  state = state * 1664525u + 1013904223u;
  return (float)(state >> 8) / 8388608.0f - 1.0f;
}

static float *draw(size_t count) {
  float *x = malloc((count + 1) * sizeof *x);
  for (size_t i = 0; i < count; i++) x[i] = next_random();
  return x;
}

static ig_gemm_operand columns_of(const operands *o, size_t first, size_t count) {
  return (ig_gemm_operand){count, o->k, o->b + first * o->k, 1, o->k};
}

static operands make(ig_nn *nn, size_t m, size_t n, size_t k) {
  operands o = {m,   n,   k, draw(m * k), draw(n * k), draw(n), calloc(m * n + 1, sizeof(float)),
                {0}, NULL};
  const size_t bytes = ig_gemm_packed_bytes(nn->kernels, IG_WEIGHT_LAYOUT_INT8_PANELS, n, k);
  o.memory = aligned_alloc(64, (bytes + 64) / 64 * 64);
  o.packed = ig_gemm_place(IG_WEIGHT_LAYOUT_INT8_PANELS, n, k, o.memory);
  // In two parts, as a table of embeddings is.
  const size_t part = n > 64 ? 64 : n;
  const ig_gemm_operand first = columns_of(&o, 0, part), rest = columns_of(&o, part, n - part);
  ig_gemm_pack(nn, &first, 0, o.packed);
  if (n > part) ig_gemm_pack(nn, &rest, part, o.packed);
  return o;
}

static void drop(operands *o) {
  free(o->a);
  free(o->b);
  free(o->bias);
  free(o->c);
  free(o->memory);
}

static void run_rows(const ig_kernels *kernels, ig_pool *pool, const operands *o, size_t first,
                     size_t rows, ig_activation activation) {
  ig_nn nn = {.kernels = kernels, .pool = pool};
  ig_arena scratch;
  assert_int_equal(ig_arena_create(&scratch, ig_gemm_scratch(&nn, o->m, o->n, o->k), NULL), IG_OK);
  nn.scratch = &scratch;
  ig_gemm_run(&nn, &(ig_gemm){.m = rows,
                              .n = o->n,
                              .k = o->k,
                              .a = o->a + first * o->k,
                              .a_row = o->k,
                              .a_depth = 1,
                              .packed = o->packed,
                              .c = o->c + first * o->n,
                              .c_row = o->n,
                              .bias = o->bias,
                              .activation = activation});
  assert_int_equal(scratch.used, 0);
  ig_arena_free(&scratch);
}

static double largest(const float *x, size_t count) {
  double most = 0;
  for (size_t i = 0; i < count; i++) most = fmax(most, fabs((double)x[i]));
  return most;
}

// Each value of a and b is off by half a step at most.
static bool near_the_product(const operands *o) {
  for (size_t i = 0; i < o->m; i++)
    for (size_t j = 0; j < o->n; j++) {
      const float *a = o->a + i * o->k, *b = o->b + j * o->k;
      const double step_a = largest(a, o->k) / 254, step_b = largest(b, o->k) / 254;
      double sum = o->bias[j], most = 1e-5;
      for (size_t p = 0; p < o->k; p++) {
        sum += (double)a[p] * (double)b[p];
        most += step_a * fabs((double)b[p]) + step_b * fabs((double)a[p]) + step_a * step_b;
      }
      if (!(fabs((double)o->c[i * o->n + j] - sum) <= most)) return false;
    }
  return true;
}

static const size_t shapes[][3] = {{1, 1, 1},     {1, 16, 64},   {2, 17, 63},   {3, 300, 129},
                                   {5, 64, 256},  {8, 1000, 70}, {17, 33, 512}, {64, 48, 100},
                                   {130, 96, 65}, {200, 130, 40}};

static void check_shape(const ig_kernels *kernels, ig_pool *const pools[], const size_t shape[3]) {
  ig_nn nn = {.kernels = kernels};
  operands o = make(&nn, shape[0], shape[1], shape[2]);
  const size_t bytes = o.m * o.n * sizeof(float);
  run_rows(kernels, NULL, &o, 0, o.m, IG_ACTIVATION_NONE);
  assert_true(near_the_product(&o));
  float *wanted = malloc(bytes);
  memcpy(wanted, o.c, bytes);
  for (int t = 0; t < MAX_THREADS; t++) {
    memset(o.c, 0, bytes);
    run_rows(kernels, pools[t], &o, 0, o.m, IG_ACTIVATION_NONE);
    assert_memory_equal(o.c, wanted, bytes);
  }
  memset(o.c, 0, bytes);
  for (size_t i = 0; i < o.m; i++) run_rows(kernels, pools[1], &o, i, 1, IG_ACTIVATION_NONE);
  assert_memory_equal(o.c, wanted, bytes);
  memset(o.c, 0, bytes);
  run_rows(&ig_kernels_reference, NULL, &o, 0, o.m, IG_ACTIVATION_NONE);
  assert_memory_equal(o.c, wanted, bytes);
  run_rows(kernels, pools[2], &o, 0, o.m, IG_ACTIVATION_RELU);
  for (size_t i = 0; i < o.m * o.n; i++) assert_true(o.c[i] == (wanted[i] > 0 ? wanted[i] : 0.0f));
  free(wanted);
  drop(&o);
}

static void products_are_near_and_repeat(void **state) {
  (void)state;
  ig_pool *pools[MAX_THREADS];
  for (int t = 0; t < MAX_THREADS; t++)
    assert_int_equal(ig_pool_create(t + 1, &pools[t], NULL), IG_OK);
  for (const ig_kernels *const *kernels = ig_kernels_all(); *kernels; kernels++)
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes && ig_kernels_supported(*kernels); s++)
      check_shape(*kernels, pools, shapes[s]);
  for (int t = 0; t < MAX_THREADS; t++) ig_pool_free(pools[t]);
}

static void a_flipped_scale_is_noticed(void **state) {
  (void)state;
  ig_nn nn = {.kernels = &ig_kernels_reference};
  operands o = make(&nn, 3, 40, 64);
  ((float *)o.packed.scale)[20] *= -1;
  run_rows(nn.kernels, NULL, &o, 0, o.m, IG_ACTIVATION_NONE);
  assert_false(near_the_product(&o));
  drop(&o);
}

static void columns_are_found_again(void **state) {
  (void)state;
  ig_nn nn = {.kernels = &ig_kernels_reference};
  operands o = make(&nn, 1, 100, 70);
  for (size_t j = 0; j < o.n; j++) {
    float column[70];
    ig_gemm_unpack_column(nn.kernels, o.packed, o.k, j, column);
    const double step = largest(o.b + j * o.k, o.k) / 254;
    for (size_t p = 0; p < o.k; p++)
      assert_true(fabs((double)column[p] - (double)o.b[j * o.k + p]) <= 1.0001 * step);
  }
  drop(&o);
}

// What a file holds as integers and scales is packed as if they had been floats here.
static void quantized_columns_pack_alike(void **state) {
  (void)state;
  ig_nn nn = {.kernels = &ig_kernels_reference};
  operands o = make(&nn, 1, 100, 70);
  int8_t q[100 * 70], filled[128];
  float scale[100];
  for (size_t j = 0; j < o.n; j++) {
    scale[j] = nn.kernels->quantize(o.k, o.b + j * o.k, filled).scale;
    memcpy(q + j * o.k, filled, o.k);
  }
  const size_t bytes = ig_gemm_int8_packed_bytes(o.n, o.k);
  void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
  const ig_packed packed = ig_gemm_int8_place(o.n, o.k, memory);
  const ig_gemm_int8_columns first = {64, o.k, q, scale},
                             rest = {o.n - 64, o.k, q + 64 * o.k, scale + 64};
  ig_gemm_int8_pack_quantized(&nn, &first, 0, packed);
  ig_gemm_int8_pack_quantized(&nn, &rest, 64, packed);
  assert_memory_equal(memory, o.packed.data, bytes);
  free(memory);
  drop(&o);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(products_are_near_and_repeat),
      cmocka_unit_test(a_flipped_scale_is_noticed),
      cmocka_unit_test(columns_are_found_again),
      cmocka_unit_test(quantized_columns_pack_alike),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
