// ig_machine_peak: what the matrix kernel reaches when nothing waits for memory.
#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/report.h"
#include "nn/nn.h"

enum { DEPTH = 256, LOOPS = 500, ROUNDS = 16 };

typedef struct peak_work {
  const ig_kernels *kernels;
  float *operands;  // (threads, size)
  size_t size;
} peak_work;

// One full tile over one panel, all in L1, again and again.
static void peak_task(void *context, size_t index, int worker) {
  (void)worker;
  const peak_work *w = context;
  const size_t mr = w->kernels->gemm_mr, nr = w->kernels->gemm_nr;
  float *a = w->operands + index * w->size, *packed = a + DEPTH * mr, *c = packed + DEPTH * nr;
  const ig_gemm_tile tile = {.rows = mr,
                             .columns = nr,
                             .depth = DEPTH,
                             .a = a,
                             .a_row = 1,
                             .a_depth = mr,
                             .packed = packed,
                             .panel_stride = DEPTH * nr,
                             .c = c,
                             .c_row = nr};
  for (int i = 0; i < LOOPS; i++) w->kernels->gemm(&tile);
}

ig_status ig_machine_peak(int threads, double *gflops, ig_error *err) {
  const ig_kernels *kernels;
  ig_pool *pool = NULL;
  IG_TRY(ig_kernels_select(&kernels, err));
  IG_TRY(ig_pool_create(threads, &pool, err));
  const size_t count = (size_t)ig_pool_threads(pool), mr = kernels->gemm_mr, nr = kernels->gemm_nr;
  peak_work w = {.kernels = kernels, .size = DEPTH * (mr + nr) + mr * nr + IG_ALIGNMENT};
  w.operands = ig_allocate(count * w.size, sizeof *w.operands, err);
  if (!w.operands) {
    ig_pool_free(pool);
    return IG_ERROR_MEMORY;
  }
  double best = 1e30;
  for (int round = 0; round < ROUNDS; round++) {
    const double begin = ig_seconds();
    ig_pool_run(pool, count, peak_task, &w);
    const double seconds = ig_seconds() - begin;
    if (seconds < best) best = seconds;
  }
  *gflops = 2e-9 * (double)(mr * nr) * DEPTH * LOOPS * (double)count / best;
  free(w.operands);
  ig_pool_free(pool);
  return IG_OK;
}
