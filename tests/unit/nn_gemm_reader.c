// A product that is read in blocks has the bits of the written one: in every layout, for any number
// of threads, and with every element in one block. Negative control: a reader that changes an
// element must be noticed.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nn/gemm.h"

enum { MAX_THREADS = 3 };

typedef struct product {
  size_t m, n, k;
  float *a, *b, *bias;    // (m, k), (n, k), (n)
  float *written, *read;  // (m, n)
  unsigned char *times;   // (m, n): that an element was read
  ig_packed packed;       // without data: B is packed in the product
  bool faulty;            // the reader's
  int threads;
  bool columns_as_promised;
} product;

static float *draw(size_t count) {
  static uint32_t h = 5;
  float *x = malloc((count + 1) * sizeof *x);
  for (size_t i = 0; i < count; i++) {
    h = h * 1664525u + 1013904223u;
    x[i] = (float)(h >> 8) / (float)(1 << 23) - 1;
  }
  return x;
}

static void copy_block(void *context, const ig_gemm_block *block) {
  product *p = context;
  const size_t left = p->n - block->column;
  if (block->column % IG_LOGITS_BLOCK != 0 || block->worker < 0 || block->worker >= p->threads ||
      block->columns != (left < IG_LOGITS_BLOCK ? left : IG_LOGITS_BLOCK))
    p->columns_as_promised = false;
  for (size_t i = 0; i < block->rows; i++)
    for (size_t j = 0; j < block->columns; j++) {
      const size_t place = (block->row + i) * p->n + block->column + j;
      p->read[place] = block->c[i * block->c_row + j];
      p->times[place]++;
      if (p->faulty && place == p->m * p->n - 1) p->read[place] += 1;
    }
}

static void run(const ig_kernels *kernels, ig_pool *pool, product *p, bool reading) {
  ig_nn nn = {.kernels = kernels, .pool = pool};
  ig_arena scratch;
  const ig_gemm_reader reader = {copy_block, p};
  const size_t bytes = reading ? ig_gemm_read_scratch(&nn, p->m, p->n, p->k)
                               : ig_gemm_scratch(&nn, p->m, p->n, p->k);
  assert_int_equal(ig_arena_create(&scratch, bytes, NULL), IG_OK);
  nn.scratch = &scratch;
  p->threads = ig_pool_threads(pool);
  memset(p->times, 0, p->m * p->n);
  memset(p->read, 0, p->m * p->n * sizeof *p->read);
  p->columns_as_promised = true;
  ig_gemm_run(&nn, &(ig_gemm){.m = p->m,
                              .n = p->n,
                              .k = p->k,
                              .a = p->a,
                              .a_row = p->k,
                              .a_depth = 1,
                              .b = p->b,
                              .b_depth = 1,
                              .b_column = p->k,
                              .packed = p->packed,
                              .c = p->written,
                              .c_row = p->n,
                              .reader = reading ? &reader : NULL,
                              .bias = p->bias});
  assert_int_equal(scratch.used, 0);
  ig_arena_free(&scratch);
}

// Is what was read what was written, each element once?
static bool is_read(const product *p) {
  for (size_t i = 0; i < p->m * p->n; i++)
    if (p->times[i] != 1) return false;
  return p->columns_as_promised && memcmp(p->read, p->written, p->m * p->n * sizeof *p->read) == 0;
}

static void check_layout(const ig_kernels *kernels, ig_pool *const pools[], product *p) {
  run(kernels, NULL, p, false);
  for (int t = 0; t < MAX_THREADS; t++) {
    run(kernels, pools[t], p, true);
    assert_true(is_read(p));
  }
  p->faulty = true;
  run(kernels, NULL, p, true);
  assert_false(is_read(p));
  p->faulty = false;
}

static const size_t shapes[][3] = {{1, 1, 1},      {1, 512, 64},    {2, 513, 70},  {9, 1500, 33},
                                   {65, 1024, 48}, {130, 600, 300}, {113, 40, 512}};

static void check_shape(const ig_kernels *kernels, ig_pool *const pools[], const size_t shape[3]) {
  const size_t m = shape[0], n = shape[1], k = shape[2];
  ig_nn nn = {.kernels = kernels};
  product p = {.m = m,
               .n = n,
               .k = k,
               .a = draw(m * k),
               .b = draw(n * k),
               .bias = draw(n),
               .written = draw(m * n),
               .read = draw(m * n),
               .times = malloc(m * n)};
  static const ig_weight_layout layouts[] = {IG_WEIGHT_LAYOUT_FLOAT32_PANELS,
                                             IG_WEIGHT_LAYOUT_BFLOAT16_PANELS,
                                             IG_WEIGHT_LAYOUT_INT8_PANELS};
  check_layout(kernels, pools, &p);
  for (size_t l = 0; l < sizeof layouts / sizeof *layouts; l++) {
    const size_t bytes = ig_gemm_packed_bytes(kernels, layouts[l], n, k);
    void *memory = aligned_alloc(64, (bytes + 127) / 64 * 64);
    p.packed = ig_gemm_place(layouts[l], n, k, memory);
    ig_gemm_pack(&nn, &(ig_gemm_operand){n, k, p.b, 1, k}, 0, p.packed);
    check_layout(kernels, pools, &p);
    free(memory);
  }
  free(p.a);
  free(p.b);
  free(p.bias);
  free(p.written);
  free(p.read);
  free(p.times);
}

static void what_is_read_is_what_would_be_written(void **state) {
  (void)state;
  ig_pool *pools[MAX_THREADS];
  for (int t = 0; t < MAX_THREADS; t++)
    assert_int_equal(ig_pool_create(t + 1, &pools[t], NULL), IG_OK);
  for (const ig_kernels *const *kernels = ig_kernels_all(); *kernels; kernels++) {
    if (!ig_kernels_supported(*kernels)) {
      print_message("%s: not run, this CPU lacks it\n", (*kernels)->name);
      continue;
    }
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
      check_shape(*kernels, pools, shapes[s]);
  }
  for (int t = 0; t < MAX_THREADS; t++) ig_pool_free(pools[t]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_read_is_what_would_be_written)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
