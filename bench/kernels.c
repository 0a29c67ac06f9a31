// Speed of the kernels on this machine: matrix products in GFLOP/s beside the machine's peak, row kernels in GB/s, for each instruction set it runs.
// Usage: kernels [threads] [isa]. Minimum over several short runs; not a test.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/report.h"
#include "nn/gemm.h"

enum { REPEATS = 7 };

typedef enum layout { FORWARD, INPUT_GRADIENT, WEIGHT_GRADIENT, PACKED } layout;  // Y = X W^T, dX = dY W, dW = dY^T X, Y = X W^T with W packed before
static const char *const layout_names[] = {"forward", "dx", "dw", "packed"};
typedef struct shape {
  layout layout;
  size_t m, n, k;
} shape;
static const shape shapes[] = {
    {FORWARD, 2048, 256, 256},
    {FORWARD, 2048, 1024, 256},
    {FORWARD, 2048, 256, 1024},
    {FORWARD, 2048, 512, 512},
    {FORWARD, 2048, 2048, 512},
    {FORWARD, 2048, 512, 2048},
    {FORWARD, 2000, 1536, 384},
    {FORWARD, 2048, 8001, 256},
    {INPUT_GRADIENT, 2048, 256, 1024},
    {INPUT_GRADIENT, 2048, 512, 512},
    {INPUT_GRADIENT, 2048, 256, 8001},
    {WEIGHT_GRADIENT, 256, 256, 2048},
    {WEIGHT_GRADIENT, 1024, 256, 2048},
    {WEIGHT_GRADIENT, 512, 512, 3000},
    {WEIGHT_GRADIENT, 8001, 256, 2048},
    {PACKED, 1, 512, 512},
    {PACKED, 1, 2048, 512},
    {PACKED, 4, 512, 512},
    {PACKED, 8, 512, 512},
    {PACKED, 32, 512, 512},
    {PACKED, 64, 512, 2048},
    {PACKED, 128, 512, 512},
    {PACKED, 1, 32000, 512},
    {PACKED, 4, 32000, 512},
    {PACKED, 32, 32000, 512},
};

static float *values(size_t count) {
  float *x = aligned_alloc(IG_ALIGNMENT, (count + 63) / 16 * 16 * sizeof(float));
  if (!x) exit(1);
  for (size_t i = 0; i < count; i++) x[i] = (float)(i * 2654435761u % 1000) * 1e-3f - 0.5f;
  return x;
}

static ig_gemm gemm_of(const shape *s, const float *a, const float *b, float *c) {
  ig_gemm g = {.m = s->m, .n = s->n, .k = s->k, .a = a, .a_row = s->k, .a_depth = 1, .b = b, .b_depth = 1, .b_column = s->k, .c = c, .c_row = s->n};
  if (s->layout == INPUT_GRADIENT || s->layout == WEIGHT_GRADIENT) {
    g.b_depth = s->n;
    g.b_column = 1;
  }
  if (s->layout == WEIGHT_GRADIENT) {
    g.a_row = 1;
    g.a_depth = s->m;
  }
  return g;
}

static void time_gemm(ig_nn *nn, const shape *s) {
  float *a = values(s->m * s->k), *b = values(s->n * s->k), *c = values(s->m * s->n), *packed = NULL;
  ig_gemm g = gemm_of(s, a, b, c);
  if (s->layout == PACKED) {
    packed = values(ig_gemm_packed_size(nn->kernels, s->n, s->k));
    ig_gemm_pack(nn, s->n, s->k, b, g.b_depth, g.b_column, packed);
    g.packed = packed;
  }
  ig_arena scratch;
  if (ig_arena_create(&scratch, ig_gemm_scratch(nn, s->m, s->n, s->k), NULL) != IG_OK) exit(1);
  nn->scratch = &scratch;
  double flops = 2.0 * (double)s->m * (double)s->n * (double)s->k, best = INFINITY;
  int loops = (int)(1e9 / flops) + 1;
  ig_gemm_run(nn, &g);
  for (int r = 0; r < REPEATS; r++) {
    double start = ig_seconds();
    for (int i = 0; i < loops; i++) ig_gemm_run(nn, &g);
    best = fmin(best, (ig_seconds() - start) / loops);
  }
  printf("%-9s %-8s m %5zu  n %5zu  k %5zu  %8.1f GFLOP/s  %9.1f us\n", nn->kernels->name, layout_names[s->layout], s->m, s->n, s->k,
         flops / best * 1e-9, best * 1e6);
  ig_arena_free(&scratch);
  free(a), free(b), free(c), free(packed);
}

// Everything in L1: one full tile over one panel, again and again.
static void time_peak(const ig_kernels *kernels) {
  enum { DEPTH = 256, LOOPS = 2000 };
  float *a = values(DEPTH * kernels->gemm_mr), *packed = values(DEPTH * kernels->gemm_nr), *c = values(kernels->gemm_mr * kernels->gemm_nr);
  ig_gemm_tile tile = {.rows = kernels->gemm_mr,
                       .columns = kernels->gemm_nr,
                       .depth = DEPTH,
                       .a = a,
                       .a_row = DEPTH + 16,
                       .a_depth = 1,
                       .packed = packed,
                       .panel_stride = 0,
                       .c = c,
                       .c_row = kernels->gemm_nr};
  tile.a_row = 1;
  tile.a_depth = kernels->gemm_mr;
  double best = INFINITY;
  for (int r = 0; r < REPEATS; r++) {
    double start = ig_seconds();
    for (int i = 0; i < LOOPS; i++) kernels->gemm(&tile);
    best = fmin(best, (ig_seconds() - start) / LOOPS);
  }
  printf("%-9s one register tile in L1, one thread: %.1f GFLOP/s\n", kernels->name,
         2.0 * DEPTH * (double)(kernels->gemm_mr * kernels->gemm_nr) / best * 1e-9);
  free(a), free(packed), free(c);
}

// ---- row kernels: nanoseconds a row of n floats --------------------------------------------------------------------------------------------

typedef struct rows {
  const ig_kernels *kernels;
  size_t n;
  float *x, *y, *z, *w;
} rows;
static void run_softmax(rows *r) { r->kernels->softmax(r->n, r->x); }
static void run_layer_norm(rows *r) {
  float mean, rstd;
  r->kernels->layer_norm(r->n, r->x, r->z, r->w, 1e-5f, r->y, &mean, &rstd);
}
static void run_gelu(rows *r) { r->kernels->activation(IG_ACTIVATION_GELU, r->n, r->x, r->y); }
static void run_swish(rows *r) { r->kernels->activation(IG_ACTIVATION_SWISH, r->n, r->x, r->y); }
static void run_dropout(rows *r) {
  ig_dropout_row key = {{1, 2}, {3, 4, 5, 6}, 6554, 1.1f};
  r->kernels->dropout(&key, r->n, r->x, r->y);
}
static void run_cross_entropy(rows *r) {
  ig_cross_entropy args = {0, 0.1f, 1.0f};
  float loss, nll;
  r->kernels->cross_entropy(&args, r->n, r->x, &loss, &nll);
}
static void run_adam(rows *r) {
  ig_adam args = {1e-3f, 0.9f, 0.98f, 1e-9f, 1.0f, 0.0f, 1.0f, 1.0f};
  r->kernels->adam(&args, r->n, r->x, r->y, r->z, r->w);
}
static void run_dot(rows *r) { r->y[0] = r->kernels->dot(r->n, r->x, r->z); }
static const struct {
  const char *name;
  size_t n;
  void (*run)(rows *);
} row_kernels[] = {
    {"dot", 64, run_dot},     {"softmax", 30, run_softmax}, {"softmax", 1024, run_softmax}, {"layer_norm", 512, run_layer_norm},
    {"gelu", 2048, run_gelu}, {"swish", 2048, run_swish},   {"dropout", 512, run_dropout},  {"cross_entropy", 8000, run_cross_entropy},
    {"adam", 4096, run_adam},
};

static void time_rows(const ig_kernels *kernels) {
  for (size_t k = 0; k < sizeof row_kernels / sizeof *row_kernels; k++) {
    size_t n = row_kernels[k].n, loops = 4000000 / n;
    rows r = {kernels, n, values(n), values(n), values(n), values(n)};
    double best = INFINITY;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
      double start = ig_seconds();
      for (size_t i = 0; i < loops; i++) row_kernels[k].run(&r);
      best = fmin(best, (ig_seconds() - start) / (double)loops);
    }
    printf("%-9s %-13s n %5zu  %9.1f ns  %6.3f ns an element\n", kernels->name, row_kernels[k].name, n, best * 1e9, best * 1e9 / (double)n);
    free(r.x), free(r.y), free(r.z), free(r.w);
  }
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 1;
  ig_pool *pool;
  ig_error err;
  if (ig_pool_create(threads, &pool, &err) != IG_OK) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }
  for (const ig_kernels *const *kernels = ig_kernels_all(); *kernels; kernels++) {
    if (argc > 2 ? strcmp(argv[2], (*kernels)->name) != 0 : *kernels == &ig_kernels_reference) continue;
    if (!ig_kernels_supported(*kernels)) {
      printf("%-9s not run: this CPU lacks it\n", (*kernels)->name);
      continue;
    }
    time_peak(*kernels);
    ig_nn nn = {.kernels = *kernels, .pool = pool};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) time_gemm(&nn, &shapes[i]);
    time_rows(*kernels);
  }
  ig_pool_free(pool);
  return 0;
}
