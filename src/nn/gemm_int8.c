// Quantizing, blocking and threading round multiply_int8.
#include "nn/gemm_int8.h"

#include <assert.h>
#include <string.h>

#include "nn/gemm_grid.h"
#include "nn/rows.h"

enum {
  ROW_BLOCK = 128,      // rows of a task, which pass by each panel while it is in a close cache
  TASK_WORK = 1 << 18,  // multiply-adds that are worth a task of their own
  TASKS_PER_THREAD = 4,
};

typedef struct int8_work {
  ig_nn *nn;
  const ig_gemm *gemm;
  int8_t *a;         // (m, depth)
  ig_int8_row *row;  // (m)
  size_t depth;      // k, filled up
  ig_gemm_grid grid;
} int8_work;

static int8_work carve_rows(ig_arena *scratch, size_t m, size_t k) {
  int8_work w = {.depth = ig_int8_filled_depth(k)};
  w.a = IG_TAKE(scratch, int8_t, m * w.depth);
  w.row = IG_TAKE(scratch, ig_int8_row, m);
  return w;
}

size_t ig_gemm_int8_scratch(size_t m, size_t k) {
  ig_arena plan = ig_arena_measure();
  carve_rows(&plan, m, k);
  return plan.peak;
}

size_t ig_gemm_int8_read_scratch(size_t m, size_t k, size_t threads) {
  ig_arena plan = ig_arena_measure();
  carve_rows(&plan, m, k);
  ig_gemm_grid_take(&plan, threads, ig_blocks_at_most(m, ROW_BLOCK));
  return plan.peak;
}

static void quantize_rows(const void *context, size_t first, size_t last) {
  const int8_work *w = context;
  const ig_gemm *g = w->gemm;
  for (size_t i = first; i < last; i++)
    w->row[i] = w->nn->kernels->quantize(g->k, g->a + i * g->a_row, w->a + i * w->depth);
}

static void multiply_block(const int8_work *w, const ig_gemm_block *block) {
  const ig_gemm *g = w->gemm;
  const ig_kernels *kernels = w->nn->kernels;
  const size_t row = block->row, column = block->column;
  const ig_int8_tile tile = {.rows = block->rows,
                             .columns = block->columns,
                             .depth = w->depth,
                             .a = w->a + row * w->depth,
                             .row = w->row + row,
                             .packed = (const uint8_t *)g->packed.data + column * w->depth,
                             .scale = g->packed.scale + column,
                             .bias = g->bias ? g->bias + column : NULL,
                             .c = block->c,
                             .c_row = block->c_row};
  kernels->multiply_int8(&tile);
  if (g->activation == IG_ACTIVATION_NONE) return;
  for (size_t i = 0; i < tile.rows; i++)
    kernels->activation(g->activation, tile.columns, tile.c + i * tile.c_row,
                        tile.c + i * tile.c_row);
}

static void multiply_block_of_c(void *context, size_t index, int worker) {
  const int8_work *w = context;
  if (ig_interrupt_seen(w->nn->watch)) return;
  const ig_gemm_block block = ig_gemm_grid_block(&w->grid, w->gemm, index, worker);
  multiply_block(w, &block);
  const ig_gemm_reader *reader = w->gemm->reader;
  if (reader) reader->read(reader->context, &block);
}

// Rows in equal blocks, and columns in as many as give the threads enough to do. A reader gets
// other columns.
static void cut_into_blocks(int8_work *w) {
  const ig_gemm *g = w->gemm;
  w->grid.row_block = ig_blocks_parts(g->m, ig_blocks_parts(g->m, ROW_BLOCK));
  w->grid.row_blocks = ig_blocks_parts(g->m, w->grid.row_block);
  if (g->reader) {
    ig_gemm_grid_cut_for_reader(&w->grid, w->nn, g->n);
    return;
  }
  const size_t threads = (size_t)ig_pool_threads(w->nn->pool),
               panels = ig_blocks_parts(g->n, IG_INT8_COLUMNS),
               worth = ig_blocks_at_least(g->m * g->n * g->k / TASK_WORK, 1),
               tasks = threads > 1 ? ig_blocks_at_most(threads * TASKS_PER_THREAD, worth) : 1,
               chunks = ig_blocks_at_most(ig_blocks_parts(tasks, w->grid.row_blocks), panels),
               chunk = ig_blocks_parts(panels, chunks);
  w->grid.column_block = chunk * IG_INT8_COLUMNS;
  w->grid.column_blocks = ig_blocks_parts(panels, chunk);
}

void ig_gemm_int8_run(ig_nn *nn, const ig_gemm *g) {
  assert(g->packed.layout == IG_WEIGHT_LAYOUT_INT8_PANELS && g->packed.data);
  assert(g->a_depth == 1 && !g->accumulate);
  const size_t mark = ig_arena_mark(nn->scratch);
  int8_work w = carve_rows(nn->scratch, g->m, g->k);
  w.nn = nn;
  w.gemm = g;
  ig_rows_run(nn, g->m, g->k, quantize_rows, &w);
  cut_into_blocks(&w);
  const size_t tasks = ig_gemm_grid_blocks(&w.grid);
  ig_pool_run(tasks == 1 ? NULL : nn->pool, tasks, multiply_block_of_c, &w);
  ig_arena_release(nn->scratch, mark);
}

// ---- packing ----------------------------------------------------------------

static size_t filled_columns(size_t n) {
  return ig_blocks_parts(n, IG_INT8_COLUMNS) * IG_INT8_COLUMNS;
}

size_t ig_gemm_int8_packed_bytes(size_t n, size_t k) {
  return filled_columns(n) * (ig_int8_filled_depth(k) + sizeof(float));
}

ig_packed ig_gemm_int8_place(size_t n, size_t k, void *memory) {
  const char *values = memory;
  return (ig_packed){
      .layout = IG_WEIGHT_LAYOUT_INT8_PANELS,
      .data = values,
      .scale = (const float *)(const void *)(values + filled_columns(n) * ig_int8_filled_depth(k))};
}

typedef struct int8_packing {
  const ig_kernels *kernels;
  const ig_gemm_operand *b;
  const ig_gemm_int8_columns *quantized;  // NULL: the values of b are yet to be quantized
  uint8_t *panels;                        // from the first one of b's columns on
  float *scale;                           // of the same columns
} int8_packing;

// Where the four values from p on of a column of a panel are.
static size_t place_of_four(size_t column, size_t p) {
  return (p / 4 * IG_INT8_COLUMNS + column) * 4;
}

// The values of a column, filled up with zeros, and its scale.
static void take_column(const int8_packing *w, size_t column, int8_t *q) {
  const size_t k = w->b->k;
  if (!w->quantized) {
    w->scale[column] = w->kernels->quantize(k, w->b->b + column * w->b->b_column, q).scale;
    return;
  }
  memcpy(q, w->quantized->q + column * k, k);
  memset(q + k, 0, ig_int8_filled_depth(k) - k);
  w->scale[column] = w->quantized->scale[column];
}

// Deals the values of a column out to the lines of the panel, four at a time: adding the shift to a
// byte flips its highest bit.
static void pack_column(const int8_packing *w, size_t column, uint8_t *panel) {
  int8_t q[IG_INT8_MOST_DEPTH];
  const uint32_t shifts = IG_INT8_SHIFT * 0x01010101u;
  const size_t depth = ig_int8_filled_depth(w->b->k);
  take_column(w, column, q);
  for (size_t p = 0; p < depth; p += 4) {
    uint32_t four;
    memcpy(&four, q + p, sizeof four);
    four ^= shifts;
    memcpy(panel + place_of_four(column % IG_INT8_COLUMNS, p), &four, sizeof four);
  }
}

// Columns that do not exist become zeros.
static void pack_panel(void *context, size_t index, int worker) {
  (void)worker;
  const int8_packing *w = context;
  const size_t first = index * IG_INT8_COLUMNS, end = first + IG_INT8_COLUMNS,
               bytes = IG_INT8_COLUMNS * ig_int8_filled_depth(w->b->k);
  uint8_t *panel = w->panels + index * bytes;
  if (end > w->b->n) memset(panel, IG_INT8_SHIFT, bytes);
  for (size_t column = first; column < end; column++) {
    if (column < w->b->n)
      pack_column(w, column, panel);
    else
      w->scale[column] = 0;
  }
}

static void pack(ig_nn *nn, int8_packing w, size_t first, ig_packed packed) {
  const size_t n = w.b->n, k = w.b->k;
  assert(k <= IG_INT8_MOST_DEPTH && first % IG_INT8_COLUMNS == 0);
  w.kernels = nn->kernels;
  w.panels = (uint8_t *)packed.data + first * ig_int8_filled_depth(k);
  w.scale = (float *)packed.scale + first;
  ig_pool_run(n * k < TASK_WORK ? NULL : nn->pool, ig_blocks_parts(n, IG_INT8_COLUMNS), pack_panel,
              &w);
}

void ig_gemm_int8_pack(ig_nn *nn, const ig_gemm_operand *b, size_t first, ig_packed packed) {
  assert(b->b_depth == 1);
  pack(nn, (int8_packing){.b = b}, first, packed);
}

void ig_gemm_int8_pack_quantized(ig_nn *nn, const ig_gemm_int8_columns *columns, size_t first,
                                 ig_packed packed) {
  const ig_gemm_operand b = {.n = columns->n, .k = columns->k};
  pack(nn, (int8_packing){.b = &b, .quantized = columns}, first, packed);
}

void ig_gemm_int8_unpack_column(ig_packed packed, size_t k, size_t column, float *to) {
  const uint8_t *panel = (const uint8_t *)packed.data +
                         column / IG_INT8_COLUMNS * IG_INT8_COLUMNS * ig_int8_filled_depth(k);
  for (size_t p = 0; p < k; p++)
    to[p] = packed.scale[column] *
            (float)(panel[place_of_four(column % IG_INT8_COLUMNS, p) + p % 4] - IG_INT8_SHIFT);
}
