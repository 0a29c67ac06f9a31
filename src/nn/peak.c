// The machine's peaks: arithmetic of the matrix kernel where nothing waits for memory, and reading
// from the last-level cache and from memory.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/report.h"
#include "ingot_measure.h"
#include "nn/peak.h"

enum { DEPTH = 256, UNIT_STEPS = 2, LOOPS = 500, ROUNDS = 16 };

typedef struct peak_work {
  const ig_kernels *kernels;
  const ig_matrix_unit *unit;  // NULL: on vectors
  float *operands;             // (threads, size)
  size_t size;
} peak_work;

static size_t operand_size(const peak_work *w) {
  if (w->unit)
    return 2 * UNIT_STEPS * w->unit->step_bytes / sizeof(float) + w->unit->edge * w->unit->edge;
  return DEPTH * (w->kernels->gemm_mr + w->kernels->gemm_nr) +
         w->kernels->gemm_mr * w->kernels->gemm_nr;
}

// Of one task.
static double operations(const peak_work *w) {
  if (w->unit)
    return 2.0 * (double)(w->unit->edge * w->unit->edge * w->unit->depth) * UNIT_STEPS * LOOPS;
  return 2.0 * (double)(w->kernels->gemm_mr * w->kernels->gemm_nr) * DEPTH * LOOPS;
}

// One block of the unit, its panels in L1, again and again.
static void unit_task(void *context, size_t index, int worker) {
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
  double best = 1e30;
  for (int round = 0; round < ROUNDS; round++) {
    const double begin = ig_clock_seconds();
    ig_pool_run(pool, count, w.unit ? unit_task : peak_task, &w);
    const double seconds = ig_clock_seconds() - begin;
    if (seconds < best) best = seconds;
  }
  *gflops = 1e-9 * operations(&w) * (double)count / best;
  ig_arena_free(&arena);
  ig_pool_free(pool);
  return IG_OK;
}

// ---- reading ----------------------------------------------------------------

enum {
  BLOCK = 2048,
  READ_ROUNDS = 6,
  READ_ENOUGH = 64 << 20
};  // floats a call of the kernel; bytes that a round reads at least

typedef struct reading {
  const ig_kernels *kernels;
  float *values;  // (threads, blocks, 2, BLOCK)
  size_t blocks;
  int loops;
  float *sums;  // (threads, a cache line): so that nothing is read for nothing
} reading;

static void carve_reading(reading *r, ig_arena *arena, size_t threads) {
  r->values = IG_TAKE(arena, float, threads * r->blocks * 2 * BLOCK);
  r->sums = IG_TAKE(arena, float, threads *IG_ALIGNMENT);
}

// Each thread's own part, written by the thread that reads it on most systems: its pages are then
// near.
static void fill_task(void *context, size_t index, int worker) {
  (void)worker;
  const reading *r = context;
  float *values = r->values + index * r->blocks * 2 * BLOCK;
  for (size_t i = 0; i < r->blocks * 2 * BLOCK; i++) values[i] = 1.0f;
}

static void read_task(void *context, size_t index, int worker) {
  (void)worker;
  const reading *r = context;
  float sum = 0;
  for (int loop = 0; loop < r->loops; loop++) {
    const float *values = r->values + index * r->blocks * 2 * BLOCK;
    for (size_t i = 0; i < r->blocks; i++, values += 2 * BLOCK)
      sum += r->kernels->dot(BLOCK, values, values + BLOCK);
  }
  r->sums[index * IG_ALIGNMENT] = sum;
}

ig_status ig_read_bandwidth(const ig_kernels *kernels, ig_pool *pool, size_t bytes,
                            double *gigabytes, ig_error *err) {
  const size_t count = (size_t)ig_pool_threads(pool), block = 2 * BLOCK * sizeof(float);
  reading r = {.kernels = kernels, .blocks = bytes / block / count};
  if (r.blocks == 0) r.blocks = 1;
  const size_t floats = r.blocks * count * 2 * BLOCK;
  r.loops = (int)(READ_ENOUGH / (floats * sizeof(float))) + 1;
  ig_arena arena = ig_arena_measure();
  carve_reading(&r, &arena, count);
  IG_TRY(ig_arena_create(&arena, arena.peak, err));
  carve_reading(&r, &arena, count);
  ig_pool_run(pool, count, fill_task, &r);
  double best = 1e30;
  for (int round = 0; round < READ_ROUNDS; round++) {
    const double begin = ig_clock_seconds();
    ig_pool_run(pool, count, read_task, &r);
    const double seconds = ig_clock_seconds() - begin;
    if (seconds < best) best = seconds;
  }
  *gigabytes = 1e-9 * (double)(floats * sizeof(float)) * r.loops / best;
  ig_arena_free(&arena);
  return IG_OK;
}

// Bytes of a cache as the C library knows it, or a usual size.
static size_t cache_size(int name, size_t usual) {
  const long bytes = name ? sysconf(name) : 0;
  return bytes > 0 ? (size_t)bytes : usual;
}

#ifdef _SC_LEVEL3_CACHE_SIZE
enum { LEVEL2 = _SC_LEVEL2_CACHE_SIZE, LEVEL3 = _SC_LEVEL3_CACHE_SIZE };
#else
enum { LEVEL2 = 0, LEVEL3 = 0 };
#endif

ig_status ig_machine_bandwidth(int threads, ig_bandwidth *out, ig_error *err) {
  const ig_kernels *kernels;
  ig_pool *pool = NULL;
  *out = (ig_bandwidth){0};
  IG_TRY(ig_kernels_select(&kernels, err));
  IG_TRY(ig_pool_create(threads, &pool, err));
  const size_t MB = (size_t)1 << 20, level3 = cache_size(LEVEL3, 32 * MB);
  // Four times what a core's own cache holds: nothing of it is left when its turn comes again.
  out->cache_bytes = 4 * cache_size(LEVEL2, MB) * (size_t)ig_pool_threads(pool);
  // Four times the last cache, but a server's whole cache may be named where one is given a part of
  // it: a gigabyte is enough there.
  out->memory_bytes = level3 > 256 * MB ? 1024 * MB : 4 * level3;
  if (out->memory_bytes < 256 * MB) out->memory_bytes = 256 * MB;
  ig_status status = ig_read_bandwidth(kernels, pool, out->cache_bytes, &out->cache, err);
  if (status == IG_OK)
    status = ig_read_bandwidth(kernels, pool, out->memory_bytes, &out->memory, err);
  ig_pool_free(pool);
  return status;
}
