// Prints as CSV how fast every kernel is on this machine, with one thread and operands in the
// closest caches, for each instruction set that it runs. The cases are those that
// tests/unit/kernel_table.c checks; bench/gemm.c times whole products. Each figure is the minimum
// of several short runs. Usage: kernels [isa]
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "kernel_cases.h"

enum { REPEATS = 7, ENOUGH = 4000000 };  // elements a run

static float *make_values(void) {
  float *x = aligned_alloc(IG_ALIGNMENT, KERNEL_FLOATS * sizeof(float) + IG_ALIGNMENT);
  if (!x) exit(1);
  for (size_t i = 0; i < KERNEL_FLOATS; i++) x[i] = (float)(i * 2654435761u % 1000) * 1e-3f - 0.5f;
  return x;
}

static void time_case(const ig_kernels *kernels, const kernel_case *c) {
  const kernel_operands o = {make_values(), make_values(), make_values(), make_values()};
  const size_t loops = ENOUGH / c->elements + 1;
  double best = INFINITY;
  if (c->prepare) c->prepare(kernels, &o);
  for (int repeat = 0; repeat < REPEATS; repeat++) {
    const double start = ig_clock_seconds();
    for (size_t i = 0; i < loops; i++) c->run(kernels, c->n, &o);
    best = fmin(best, (ig_clock_seconds() - start) / (double)loops);
  }
  printf("%s,%s,%zu,%zu,%.1f,%.4f\n", kernels->name, c->name, c->n, c->elements, best * 1e9,
         best * 1e9 / (double)c->elements);
  fflush(stdout);
  free(o.x);
  free(o.y);
  free(o.z);
  free(o.w);
}

int main(int argc, char **argv) {
  puts("isa,kernel,n,elements,ns_a_call,ns_an_element");
  for (const ig_kernels *const *kernels = ig_kernels_all(); *kernels; kernels++) {
    if (argc > 1 ? strcmp(argv[1], (*kernels)->name) != 0 : *kernels == &ig_kernels_reference)
      continue;
    if (!ig_kernels_supported(*kernels)) {
      fprintf(stderr, "%s: not run: this CPU lacks it\n", (*kernels)->name);
      continue;
    }
    for (size_t i = 0; i < KERNEL_CASES; i++) time_case(*kernels, &kernel_cases[i]);
  }
  return 0;
}
