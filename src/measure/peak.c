// The machine's arithmetic peak: the matrix kernel where nothing waits for memory.
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/pool.h"
#include "ingot_measure.h"
#include "kernel/kernels.h"

enum { LOOPS = 500, ROUNDS = 16 };
// Of both operands. First-level caches hold 32 KB or 48 KB; the better size counts.
static const size_t OPERAND_BYTES[] = {24 << 10, 40 << 10};
static const double ENOUGH = 0.25;  // seconds, after which there are no more rounds

typedef struct peak_tools {
  const ig_kernels *kernels;
  const ig_product_unit *unit;  // NULL: vectors
  size_t operand_bytes;         // about
} peak_tools;

// What is multiplied again and again, by every thread with operands of its own that lie in its
// first-level cache.
typedef struct peak_kind {
  size_t (*bytes)(const peak_tools *tools);       // of a thread's operands
  double (*operations)(const peak_tools *tools);  // of one product
  void (*multiply)(const peak_tools *tools, char *operands);
} peak_kind;

// ---- vectors: one full tile with one panel -----------------------------------

enum { DEPTH = 256 };

static size_t vector_bytes(const peak_tools *tools) {
  const ig_kernels *k = tools->kernels;
  return (DEPTH * (k->gemm_mr + k->gemm_nr) + k->gemm_mr * k->gemm_nr) * sizeof(float);
}

static double vector_operations(const peak_tools *tools) {
  const ig_kernels *k = tools->kernels;
  return 2.0 * (double)(k->gemm_mr * k->gemm_nr) * DEPTH;
}

static void multiply_vectors(const peak_tools *tools, char *operands) {
  const ig_kernels *k = tools->kernels;
  const size_t mr = k->gemm_mr, nr = k->gemm_nr;
  float *a = (float *)(void *)operands, *packed = a + DEPTH * mr, *c = packed + DEPTH * nr;
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
  for (int i = 0; i < LOOPS; i++) k->gemm(&tile);
}

// ---- a unit of packed panels: a panel of A by one of B, again and again -------
// What a call does once, as configuring tiles, counts little that way.

enum { UNIT_BLOCKS = 4 };

static size_t unit_steps(const peak_tools *tools) {
  return tools->operand_bytes / (tools->unit->row_step + tools->unit->column_step);
}

static size_t unit_bytes(const peak_tools *tools) {
  const ig_product_unit *unit = tools->unit;
  return unit_steps(tools) * (unit->row_step + unit->column_step) +
         UNIT_BLOCKS * unit->row_edge * unit->column_edge * sizeof(float);
}

static double unit_operations(const peak_tools *tools) {
  const ig_product_unit *unit = tools->unit;
  return 2.0 * UNIT_BLOCKS *
         (double)(unit->row_edge * unit->column_edge * unit->depth * unit_steps(tools));
}

static void multiply_unit(const peak_tools *tools, char *operands) {
  const ig_product_unit *unit = tools->unit;
  const size_t steps = unit_steps(tools);
  char *b = operands + steps * unit->row_step, *c = b + steps * unit->column_step;
  const ig_panel_product product = {.rows = unit->row_edge,
                                    .columns = UNIT_BLOCKS * unit->column_edge,
                                    .steps = steps,
                                    .a = operands,
                                    .b = b,
                                    .c = (float *)(void *)c,
                                    .c_row = UNIT_BLOCKS * unit->column_edge};
  for (int i = 0; i < LOOPS; i++) unit->multiply(&product);
}

// ---- int8: whole tiles with two panels ----------------------------------------
// k is long, so that what is done once for a sum counts little.

enum { INT8_ROWS = 32, INT8_COLUMNS = 2 * IG_INT8_COLUMNS };

static size_t int8_depth(const peak_tools *tools) {
  return tools->operand_bytes / (INT8_ROWS + INT8_COLUMNS) / IG_INT8_DEPTH * IG_INT8_DEPTH;
}

static size_t int8_bytes(const peak_tools *tools) {
  return int8_depth(tools) * (INT8_ROWS + INT8_COLUMNS) + INT8_ROWS * sizeof(ig_int8_row) +
         (INT8_COLUMNS + INT8_ROWS * INT8_COLUMNS) * sizeof(float);
}

static double int8_operations(const peak_tools *tools) {
  return 2.0 * INT8_ROWS * INT8_COLUMNS * (double)int8_depth(tools);
}

static void multiply_int8(const peak_tools *tools, char *operands) {
  const size_t depth = int8_depth(tools);
  char *a = operands + depth * INT8_COLUMNS, *row = a + depth * INT8_ROWS,
       *scale = row + INT8_ROWS * sizeof(ig_int8_row), *c = scale + INT8_COLUMNS * sizeof(float);
  const ig_int8_tile tile = {.rows = INT8_ROWS,
                             .columns = INT8_COLUMNS,
                             .depth = depth,
                             .a = (int8_t *)a,
                             .row = (ig_int8_row *)(void *)row,
                             .packed = (uint8_t *)operands,
                             .scale = (float *)(void *)scale,
                             .c = (float *)(void *)c,
                             .c_row = INT8_COLUMNS};
  for (int i = 0; i < LOOPS; i++) tools->kernels->multiply_int8(&tile);
}

// ---- timing -----------------------------------------------------------------

typedef struct peak_work {
  const peak_kind *kind;
  peak_tools tools;
  char *operands;  // (threads, size)
  size_t size;
} peak_work;

static void multiply_own(void *context, size_t index, int worker) {
  (void)worker;
  const peak_work *w = context;
  w->kind->multiply(&w->tools, w->operands + index * w->size);
}

static const ig_product_unit *unit_of(ig_peak peak, const ig_kernels *kernels) {
  if (peak == IG_PEAK_BFLOAT16) return kernels->bf16_unit;
  return peak == IG_PEAK_TRAINING ? kernels->matrix_unit : NULL;
}

static const peak_kind *kind_of(ig_peak peak, const peak_tools *tools) {
  static const peak_kind vectors = {vector_bytes, vector_operations, multiply_vectors},
                         unit = {unit_bytes, unit_operations, multiply_unit},
                         int8 = {int8_bytes, int8_operations, multiply_int8};
  if (peak == IG_PEAK_INT8) return &int8;
  return tools->unit ? &unit : &vectors;
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

static ig_status measure(const peak_kind *kind, const peak_tools *tools, ig_pool *pool,
                         double *gflops, ig_error *err) {
  const size_t count = (size_t)ig_pool_threads(pool);
  // Whole lines: no two threads write to the same one.
  const size_t size = (kind->bytes(tools) + IG_ALIGNMENT - 1) / IG_ALIGNMENT * IG_ALIGNMENT;
  peak_work w = {.kind = kind, .tools = *tools, .size = size};
  ig_arena arena;
  IG_TRY(ig_arena_create(&arena, count * size + IG_ALIGNMENT, err));
  w.operands = IG_TAKE(&arena, char, count *size);
  double best = 1e30, all = 0;
  for (int round = 0; round < ROUNDS && all < ENOUGH; round++) {
    const double begin = ig_clock_seconds();
    ig_pool_run(pool, count, multiply_own, &w);
    const double seconds = ig_clock_seconds() - begin;
    if (seconds < best) best = seconds;
    all += seconds;
  }
  *gflops = 1e-9 * kind->operations(tools) * LOOPS * (double)count / best;
  ig_arena_free(&arena);
  return IG_OK;
}

ig_status ig_machine_peak(const char *isa, ig_peak peak, int threads, double *gflops,
                          ig_error *err) {
  const ig_kernels *kernels;
  ig_pool *pool = NULL;
  IG_TRY(ig_fail_if_null(gflops, "gflops", err));
  *gflops = 0;
  IG_TRY(choose_kernels(isa, &kernels, err));
  IG_TRY(ig_pool_create(threads, &pool, err));
  ig_status status = IG_OK;
  for (size_t i = 0; i < sizeof OPERAND_BYTES / sizeof *OPERAND_BYTES && status == IG_OK; i++) {
    const peak_tools tools = {kernels, unit_of(peak, kernels), OPERAND_BYTES[i]};
    double measured;
    status = measure(kind_of(peak, &tools), &tools, pool, &measured, err);
    if (status == IG_OK && measured > *gflops) *gflops = measured;
  }
  ig_pool_free(pool);
  return status;
}
