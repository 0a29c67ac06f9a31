// Speed of the row kernels on this machine: nanoseconds a row of n floats, for each instruction set it runs, as CSV. Matrix products: bench/gemm.c.
// Usage: kernels [isa]. Minimum over several short runs; not a test.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/report.h"
#include "kernel/kernel.h"

enum { REPEATS = 7 };

static float *values(size_t count) {
  float *x = aligned_alloc(IG_ALIGNMENT, (count + 63) / 16 * 16 * sizeof(float));
  if (!x) exit(1);
  for (size_t i = 0; i < count; i++) x[i] = (float)(i * 2654435761u % 1000) * 1e-3f - 0.5f;
  return x;
}

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
    printf("%s,%s,%zu,%.1f,%.4f\n", kernels->name, row_kernels[k].name, n, best * 1e9, best * 1e9 / (double)n);
    free(r.x), free(r.y), free(r.z), free(r.w);
  }
}

int main(int argc, char **argv) {
  puts("isa,kernel,n,ns_a_row,ns_an_element");
  for (const ig_kernels *const *kernels = ig_kernels_all(); *kernels; kernels++) {
    if (argc > 1 ? strcmp(argv[1], (*kernels)->name) != 0 : *kernels == &ig_kernels_reference) continue;
    if (ig_kernels_supported(*kernels)) {
      time_rows(*kernels);
    } else {
      fprintf(stderr, "%s: not run: this CPU lacks it\n", (*kernels)->name);
    }
  }
  return 0;
}
