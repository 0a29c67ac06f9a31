// The machine's arithmetic peak: the matrix kernel where nothing waits for memory.
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/pool.h"
#include "ingot_measure.h"
#include "kernel/kernels.h"

enum { DEPTH = 256, UNIT_STEPS = 2, LOOPS = 500, ROUNDS = 16 };

typedef struct peak_work {
  const ig_kernels *kernels;
  const ig_matrix_unit *unit;  // NULL: the peak of vectors is wanted
  float *operands;             // (threads, size)
  size_t size;
} peak_work;

static size_t operand_size(const peak_work *w) {
  if (w->unit)
    return 2 * UNIT_STEPS * w->unit->step_bytes / sizeof(float) + w->unit->edge * w->unit->edge;
  return DEPTH * (w->kernels->gemm_mr + w->kernels->gemm_nr) +
         w->kernels->gemm_mr * w->kernels->gemm_nr;
}

// Floating-point operations of one task.
static double task_operations(const peak_work *w) {
  if (w->unit)
    return 2.0 * (double)(w->unit->edge * w->unit->edge * w->unit->depth) * UNIT_STEPS * LOOPS;
  return 2.0 * (double)(w->kernels->gemm_mr * w->kernels->gemm_nr) * DEPTH * LOOPS;
}

// Multiplies one block of the unit again and again; its panels are in L1.
static void multiply_unit_block(void *context, size_t index, int worker) {
  (void)worker;
  const peak_work *w = context;
  char *a = (char *)(w->operands + index * w->size), *b = a + UNIT_STEPS * w->unit->step_bytes;
  const ig_panel_product product = {.rows = w->unit->edge,
                                    .columns = w->unit->edge,
                                    .steps = UNIT_STEPS,
                                    .a = a,
                                    .b = b,
                                    .c = (float *)(b + UNIT_STEPS * w->unit->step_bytes),
                                    .c_row = w->unit->edge};
  for (int i = 0; i < LOOPS; i++) w->unit->multiply(&product);
}

// Multiplies one full tile with one panel again and again; all of it is in L1.
static void multiply_vector_tile(void *context, size_t index, int worker) {
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
                             .packed_row = nr,
                             .c = c,
                             .c_row = nr};
  for (int i = 0; i < LOOPS; i++) w->kernels->gemm(&tile);
}

static ig_status choose_kernels(const char *isa, const ig_kernels **out, ig_error *err) {
  if (!isa) return ig_kernels_select(out, err);
  for (const ig_kernels *const *table = ig_kernels_all(); *table; table++) {
    if (strcmp((*table)->name, isa) != 0) continue;
    if (!ig_kernels_supported(*table))
      return ig_fail(err, IG_ERROR_UNSUPPORTED, "this CPU (or its operating system) lacks '%s'",
                     isa);
    *out = *table;
    return IG_OK;
  }
  return ig_fail(err, IG_ERROR_ARGUMENT, "unknown instruction set '%s'", isa);
}

ig_status ig_machine_peak(const char *isa, ig_peak peak, int threads, double *gflops,
                          ig_error *err) {
  const ig_kernels *kernels;
  ig_pool *pool = NULL;
  IG_TRY(ig_fail_if_null(gflops, "gflops", err));
  *gflops = 0;
  IG_TRY(choose_kernels(isa, &kernels, err));
  IG_TRY(ig_pool_create(threads, &pool, err));
  const size_t count = (size_t)ig_pool_threads(pool);
  peak_work w = {.kernels = kernels,
                 .unit = peak == IG_PEAK_TRAINING ? kernels->matrix_unit : NULL};
  w.size = operand_size(&w);
  ig_arena arena;
  const ig_status status =
      ig_arena_create(&arena, count * w.size * sizeof(float) + IG_ALIGNMENT, err);
  if (status != IG_OK) {
    ig_pool_free(pool);
    return status;
  }
  w.operands = IG_TAKE(&arena, float, count *w.size);
  const ig_task task = w.unit ? multiply_unit_block : multiply_vector_tile;
  double best = 1e30;
  for (int round = 0; round < ROUNDS; round++) {
    const double begin = ig_clock_seconds();
    ig_pool_run(pool, count, task, &w);
    const double seconds = ig_clock_seconds() - begin;
    if (seconds < best) best = seconds;
  }
  *gflops = 1e-9 * task_operations(&w) * (double)count / best;
  ig_arena_free(&arena);
  ig_pool_free(pool);
  return IG_OK;
}
