// Blocking and threading round the gemm kernels (Goto & van de Geijn 2008, "Anatomy of
// High-Performance Matrix Multiplication": the panel of B stays in L1, the block of A in L2). Each
// output is one chain of fused multiply-adds over k in index order, continued from C between blocks
// of k, so no choice made here (block sizes, threads, who packs what) can change a bit.
#include "nn/gemm.h"
#include <assert.h>
#include <string.h>
#include "nn/blocks.h"
#include "nn/gemm_bf16.h"
#include "nn/gemm_grid.h"
#include "nn/gemm_int8.h"
#include "nn/gemm_unit.h"

enum {
  // k of a block. A panel of 32 columns takes 32 KB then, two thirds of a 48 KB L1.
  DEPTH_BLOCK = 256,
  // Columns of a block. With DEPTH_BLOCK, half a megabyte of B stays in L2 while all blocks of A
  // pass by.
  COLUMN_BLOCK = 512,
  ROW_BLOCK_TILES = 8,  // row tiles of a block of A
  ROW_BLOCK_MAX = 112,  // the most rows that ROW_BLOCK_TILES may come to
  // Floats after each copied row of A; they keep rows of power-of-two length out of each other's
  // cache sets.
  ROW_PAD = 16,
  // The rows of a copied tile are rounded up to a multiple of this, so that copying moves whole
  // vectors.
  TILE_PAD = 8,
  COPY_AHEAD = 8,  // a transposed A is fetched this many depths before it is copied
  A_BUFFER = (ROW_BLOCK_MAX + ROW_BLOCK_TILES * TILE_PAD) * (DEPTH_BLOCK + ROW_PAD),
  TASK_WORK = 1 << 16,  // multiply-adds that are worth a task of their own
  TASKS_PER_THREAD = 4,
  PACK_PANELS = 8,  // panels of a packing task
};

typedef struct gemm_work {
  const ig_kernels *kernels;
  const ig_gemm *gemm;
  ig_panel_type type;  // of packed
  const void *packed;
  ig_interrupt_watch *watch;        // of ig_nn
  size_t panel_stride, packed_row;  // as in ig_gemm_tile
  ig_gemm_grid grid;
} gemm_work;

// ---- the block of A ---------------------------------------------------------

typedef enum a_layout { A_LAYOUT_DIRECT, A_LAYOUT_ROWS, A_LAYOUT_TILES } a_layout;

// A is read in place where its rows are contiguous and far from powers of two. Rows that are a
// multiple of 2 KB apart fall into the same few cache sets, so they are copied with a pad. A
// transposed A (neighbouring rows are contiguous, depths are far apart) is copied tile by tile.
static a_layout a_layout_of(const ig_gemm *g, size_t rows, size_t columns) {
  if (columns < 128 || rows < 2) return A_LAYOUT_DIRECT;
  if (g->a_depth == 1) return rows > 8 && g->a_row % 512 == 0 ? A_LAYOUT_ROWS : A_LAYOUT_DIRECT;
  return g->a_row == 1 ? A_LAYOUT_TILES : A_LAYOUT_DIRECT;
}

static void copy_rows(const float *a, size_t a_row, size_t rows, size_t depth, float *buffer) {
  for (size_t i = 0; i < rows; i++)
    memcpy(buffer + i * (depth + ROW_PAD), a + i * a_row, depth * sizeof(float));
}

// Where tile t of a copied block begins. The pad keeps the tiles' equal depths out of each other's
// cache sets.
static size_t tile_offset(size_t t, size_t depth, size_t stride) {
  return t * (depth + TILE_PAD) * stride;
}

// Copies a block of a transposed A. Tile t holds rows t*height .. , depth-major: `stride` floats
// for each p, of which the first `height` count. limit: floats that may be read from each depth of
// A; tiles that do not reach the end of A are copied in whole steps of TILE_PAD. Depths are pages
// apart, where no hardware prefetcher looks, so they are fetched ahead.
static void copy_tiles(const ig_gemm_tile *block, size_t limit, size_t height, size_t stride,
                       float *buffer) {
  for (size_t p = 0; p < block->depth; p++) {
    const float *from = block->a + p * block->a_depth;
    for (size_t i = 0; i < block->rows; i += 16)
      __builtin_prefetch(from + COPY_AHEAD * block->a_depth + i, 0, 2);
    for (size_t i = 0, t = 0; i < block->rows; i += height, t++) {
      float *to = buffer + tile_offset(t, block->depth, stride) + p * stride;
      if (i + stride <= limit) {
        for (size_t r = 0; r < stride; r += TILE_PAD)
          memcpy(to + r, from + i + r, TILE_PAD * sizeof(float));
      } else {
        memcpy(to, from + i, ig_blocks_at_most(block->rows - i, height) * sizeof(float));
      }
    }
  }
}

// Walks over the panels and, within each, over the row tiles: a panel is read by all tiles while it
// is in L1.
static void multiply_tiles(const ig_kernels *kernels, const ig_gemm_tile *block, size_t height,
                           size_t stride) {
  for (size_t first = 0; first < block->columns; first += kernels->gemm_nr) {
    ig_gemm_tile tile = *block;
    tile.columns = ig_blocks_at_most(block->columns - first, kernels->gemm_nr);
    tile.packed = ig_kernels_panel_at(block->type, block->packed,
                                      first / kernels->gemm_nr * block->panel_stride);
    if (block->bias) tile.bias = block->bias + first;
    tile.a_row = 1;
    tile.a_depth = stride;
    for (size_t i = 0; i < block->rows; i += height) {
      tile.rows = ig_blocks_at_most(block->rows - i, height);
      tile.a = block->a + tile_offset(i / height, block->depth, stride);
      tile.c = block->c + i * block->c_row + first;
      kernels->gemm(&tile);
    }
  }
}

// ---- one task: a block of C -------------------------------------------------

// Multiplies one block of depth. limit: rows of A from the first of the block to the last of the
// matrix.
static void multiply_depth(const ig_kernels *kernels, const ig_gemm *g, ig_gemm_tile *tile,
                           size_t limit, a_layout layout, float *buffer) {
  // Tiles are of equal height: 16 rows are 8 + 8, not 14 + 2.
  const size_t tiles = ig_blocks_parts(tile->rows, kernels->gemm_mr),
               height = ig_blocks_parts(tile->rows, tiles);
  if (layout == A_LAYOUT_ROWS) {
    copy_rows(tile->a, g->a_row, tile->rows, tile->depth, buffer);
    tile->a = buffer;
    tile->a_row = tile->depth + ROW_PAD;
    kernels->gemm(tile);
  } else if (layout == A_LAYOUT_TILES) {
    size_t stride = ig_blocks_parts(height, TILE_PAD) * TILE_PAD;
    copy_tiles(tile, limit, height, stride, buffer);
    tile->a = buffer;
    multiply_tiles(kernels, tile, height, stride);
  } else {
    kernels->gemm(tile);
  }
}

static void multiply_block(const gemm_work *w, const ig_gemm_block *block) {
  float buffer[A_BUFFER];
  const ig_kernels *kernels = w->kernels;
  const ig_gemm *g = w->gemm;
  const size_t row = block->row, rows = block->rows, column = block->column;
  a_layout layout = a_layout_of(g, rows, block->columns);
  size_t step = DEPTH_BLOCK;
  // A single row tile reads each panel once, so k is not cut, unless the copy of A would not fit.
  if (rows <= kernels->gemm_mr)
    step = layout == A_LAYOUT_DIRECT ? ig_blocks_at_least(g->k, 1)
                                     : A_BUFFER / (rows + TILE_PAD) - ROW_PAD;
  size_t p = 0;
  do {
    size_t depth = ig_blocks_at_most(g->k - p, step);
    const size_t packed = column / kernels->gemm_nr * w->panel_stride + p * w->packed_row;
    bool last = p + depth == g->k;
    ig_gemm_tile tile = {
        .rows = rows,
        .columns = block->columns,
        .depth = depth,
        .a = g->a + row * g->a_row + p * g->a_depth,
        .a_row = g->a_row,
        .a_depth = g->a_depth,
        .type = w->type,
        .packed = ig_kernels_panel_at(w->type, w->packed, packed),
        .panel_stride = w->panel_stride,
        .packed_row = w->packed_row,
        .c = block->c,
        .c_row = block->c_row,
        .accumulate = g->accumulate || p > 0,
        .bias = last && g->bias ? g->bias + column : NULL,
        .activation = last ? g->activation : IG_ACTIVATION_NONE,
    };
    multiply_depth(kernels, g, &tile, g->m - row, layout, buffer);
    p += depth;
  } while (p < g->k);
}

// Takes the panels away that are below the diagonal. False: nothing is left of the block.
static bool cut_to_upper(size_t panel, ig_gemm_block *block) {
  const size_t first = block->row / panel * panel;
  if (first <= block->column) return true;
  if (first >= block->column + block->columns) return false;
  block->columns -= first - block->column;
  block->c += first - block->column;
  block->column = first;
  return true;
}

static void multiply_block_of_c(void *context, size_t index, int worker) {
  const gemm_work *w = context;
  if (ig_interrupt_seen(w->watch)) return;
  ig_gemm_block block = ig_gemm_grid_block(&w->grid, w->gemm, index, worker);
  if (w->gemm->upper && !cut_to_upper(w->kernels->gemm_nr, &block)) return;
  multiply_block(w, &block);
  const ig_gemm_reader *reader = w->gemm->reader;
  if (reader) reader->read(reader->context, &block);
}

// Rows of a block of C, at most.
static size_t most_block_rows(const ig_kernels *kernels) {
  return ig_blocks_at_most(kernels->gemm_mr * ROW_BLOCK_TILES, ROW_BLOCK_MAX);
}

// Cuts C into blocks: rows by the block of A, columns in whole panels, and finer ones where there
// would be too few tasks for the threads.
static gemm_work cut_into_blocks(const ig_kernels *kernels, const ig_gemm *g, const void *packed,
                                 size_t threads) {
  gemm_work w = {.kernels = kernels,
                 .gemm = g,
                 .packed = packed,
                 .panel_stride = g->k * kernels->gemm_nr,
                 .packed_row = kernels->gemm_nr};
  w.grid.row_block = ig_blocks_parts(g->m, ig_blocks_parts(g->m, most_block_rows(kernels)));
  w.grid.row_blocks = ig_blocks_parts(g->m, w.grid.row_block);
  size_t panels = ig_blocks_parts(g->n, kernels->gemm_nr),
         chunks = ig_blocks_parts(g->n, COLUMN_BLOCK);
  if (threads > 1) {
    const size_t worth = ig_blocks_at_least(g->m * g->n * g->k / TASK_WORK, 1),
                 tasks = ig_blocks_at_most(threads * TASKS_PER_THREAD, worth);
    chunks = ig_blocks_at_least(chunks, ig_blocks_parts(tasks, w.grid.row_blocks));
  }
  size_t chunk = ig_blocks_parts(panels, ig_blocks_at_most(chunks, panels));
  w.grid.column_block = chunk * kernels->gemm_nr;
  w.grid.column_blocks = ig_blocks_parts(panels, chunk);
  return w;
}

// ---- packing B --------------------------------------------------------------

typedef struct panel_packing {
  const ig_kernels *kernels;
  const ig_gemm_operand *operand;
  float *panels;
} panel_packing;

static void pack_float32_panels_task(void *context, size_t index, int worker) {
  (void)worker;
  const panel_packing *pack = context;
  const size_t width = PACK_PANELS * pack->kernels->gemm_nr, first = index * width;
  ig_gemm_operand part = *pack->operand;
  part.n = ig_blocks_at_most(part.n - first, width);
  part.b += first * part.b_column;
  pack->kernels->gemm_pack(&part, pack->panels + first * part.k, part.k * pack->kernels->gemm_nr);
}

static void pack_float32_panels(ig_nn *nn, const ig_gemm_operand *operand, float *panels) {
  panel_packing pack = {nn->kernels, operand, panels};
  ig_pool_run(operand->n * operand->k < TASK_WORK ? NULL : nn->pool,
              ig_blocks_parts(operand->n, PACK_PANELS * nn->kernels->gemm_nr),
              pack_float32_panels_task, &pack);
}

size_t ig_gemm_panel_floats(const ig_kernels *kernels, size_t n, size_t k) {
  return ig_blocks_parts(n, kernels->gemm_nr) * kernels->gemm_nr * k;
}

bool ig_gemm_multiplies_bf16(const ig_kernels *kernels) {
  return (kernels->needs & IG_CPU_FEATURE_AVX512_BF16) != 0;
}

// ---- layouts ----------------------------------------------------------------

ig_weight_layout ig_gemm_layout(const ig_kernels *kernels, ig_weight_layout wanted) {
  switch (wanted) {
    case IG_WEIGHT_LAYOUT_FLOAT32_PANELS:
    case IG_WEIGHT_LAYOUT_BFLOAT16_PANELS:
    case IG_WEIGHT_LAYOUT_INT8_PANELS: return wanted;
    case IG_WEIGHT_LAYOUT_BFLOAT16_PARTS:
      return kernels->matrix_unit ? wanted : IG_WEIGHT_LAYOUT_FLOAT32_PANELS;
  }
  assert(false && "a layout that nobody knows");
  return IG_WEIGHT_LAYOUT_FLOAT32_PANELS;
}

size_t ig_gemm_packed_bytes(const ig_kernels *kernels, ig_weight_layout layout, size_t n,
                            size_t k) {
  assert(ig_gemm_layout(kernels, layout) == layout);
  switch (layout) {
    case IG_WEIGHT_LAYOUT_FLOAT32_PANELS:
      return ig_gemm_panel_floats(kernels, n, k) * sizeof(float);
    case IG_WEIGHT_LAYOUT_BFLOAT16_PANELS: return ig_gemm_bf16_packed_bytes(kernels, n, k);
    case IG_WEIGHT_LAYOUT_BFLOAT16_PARTS:
      return ig_gemm_unit_packed_bytes(kernels->matrix_unit, n, k);
    case IG_WEIGHT_LAYOUT_INT8_PANELS: return ig_gemm_int8_packed_bytes(n, k);
  }
  return 0;
}

ig_packed ig_gemm_place(ig_weight_layout layout, size_t n, size_t k, void *memory) {
  if (layout == IG_WEIGHT_LAYOUT_INT8_PANELS) return ig_gemm_int8_place(n, k, memory);
  return (ig_packed){.layout = layout, .data = memory};
}

void ig_gemm_pack(ig_nn *nn, const ig_gemm_operand *b, size_t first, ig_packed packed) {
  const ig_product_unit *unit = nn->kernels->matrix_unit;
  char *memory = (char *)packed.data;
  switch (packed.layout) {
    case IG_WEIGHT_LAYOUT_FLOAT32_PANELS:
      pack_float32_panels(nn, b, (float *)(void *)memory + first * b->k);
      return;
    case IG_WEIGHT_LAYOUT_BFLOAT16_PANELS:
      ig_gemm_bf16_pack(nn, b, (uint16_t *)(void *)memory + first * b->k);
      return;
    case IG_WEIGHT_LAYOUT_BFLOAT16_PARTS:
      ig_gemm_unit_pack(nn, unit, b, memory + ig_gemm_unit_packed_bytes(unit, first, b->k));
      return;
    case IG_WEIGHT_LAYOUT_INT8_PANELS: ig_gemm_int8_pack(nn, b, first, packed); return;
  }
  assert(false && "a layout that nobody knows");
}

static void unpack_float32_column(const ig_kernels *kernels, const float *panels, size_t k,
                                  size_t column, float *to) {
  const size_t width = kernels->gemm_nr;
  const float *from = panels + column / width * width * k + column % width;
  for (size_t p = 0; p < k; p++) to[p] = from[p * width];
}

void ig_gemm_unpack_column(const ig_kernels *kernels, ig_packed packed, size_t k, size_t column,
                           float *to) {
  switch (packed.layout) {
    case IG_WEIGHT_LAYOUT_FLOAT32_PANELS:
      unpack_float32_column(kernels, packed.data, k, column, to);
      return;
    case IG_WEIGHT_LAYOUT_BFLOAT16_PANELS:
      ig_gemm_bf16_unpack_column(kernels, packed.data, k, column, to);
      return;
    case IG_WEIGHT_LAYOUT_INT8_PANELS: ig_gemm_int8_unpack_column(packed, k, column, to); return;
    case IG_WEIGHT_LAYOUT_BFLOAT16_PARTS: break;
  }
  assert(false && "a layout whose columns cannot be found again");
}

// ---- the products -----------------------------------------------------------

size_t ig_gemm_scratch(const ig_nn *nn, size_t m, size_t n, size_t k) {
  const ig_product_unit *const units[] = {
      nn->kernels->matrix_unit, nn->compute == IG_COMPUTE_BFLOAT16 ? nn->kernels->bf16_unit : NULL};
  size_t most = ig_gemm_panel_floats(nn->kernels, n, k) * sizeof(float) + 2 * IG_ALIGNMENT;
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (units[i]) most = ig_blocks_at_least(most, ig_gemm_unit_scratch(nn, units[i], m, n));
  return ig_blocks_at_least(most, ig_gemm_int8_scratch(m, k));
}

size_t ig_gemm_read_scratch(const ig_nn *nn, size_t m, size_t n, size_t k) {
  const size_t threads = (size_t)ig_pool_threads(nn->pool);
  ig_arena plan = ig_arena_measure();
  ig_gemm_grid_take(&plan, threads, ig_blocks_at_most(m, most_block_rows(nn->kernels)));
  return ig_blocks_at_least(ig_gemm_scratch(nn, m, n, k) + plan.peak,
                            ig_gemm_int8_read_scratch(m, k, threads));
}

// The layout of B in this product: the one that it was packed in or, where it was not packed, the
// one to pack it in.
static ig_weight_layout layout_of(const ig_nn *nn, const ig_gemm *g) {
  if (g->packed.data) return g->packed.layout;
  if (!nn->training) return ig_gemm_layout(nn->kernels, g->layout);
  return ig_gemm_unit_worth(nn->kernels->matrix_unit, g->m, g->n, g->k)
             ? IG_WEIGHT_LAYOUT_BFLOAT16_PARTS
             : IG_WEIGHT_LAYOUT_FLOAT32_PANELS;
}

static void multiply_blocks(ig_nn *nn, gemm_work *w) {
  const size_t tasks = ig_gemm_grid_blocks(&w->grid);
  ig_pool_run(tasks == 1 ? NULL : nn->pool, tasks, multiply_block_of_c, w);
}

// C = A B by the kernels of panels, from a packed B.
static void multiply_packed(ig_nn *nn, const ig_gemm *gemm) {
  gemm_work w =
      cut_into_blocks(nn->kernels, gemm, gemm->packed.data, (size_t)ig_pool_threads(nn->pool));
  if (gemm->packed.layout == IG_WEIGHT_LAYOUT_BFLOAT16_PANELS) w.type = IG_PANEL_TYPE_BFLOAT16;
  w.watch = nn->watch;
  if (!gemm->reader) {
    multiply_blocks(nn, &w);
    return;
  }
  assert(!gemm->accumulate && !gemm->upper && IG_LOGITS_BLOCK % nn->kernels->gemm_nr == 0);
  const size_t mark = ig_arena_mark(nn->scratch);
  ig_gemm_grid_cut_for_reader(&w.grid, nn, gemm->n);
  multiply_blocks(nn, &w);
  ig_arena_release(nn->scratch, mark);
}

static void multiply_panels(ig_nn *nn, const ig_gemm *gemm, ig_weight_layout layout) {
  if (gemm->packed.data) {
    multiply_packed(nn, gemm);
    return;
  }
  const size_t mark = ig_arena_mark(nn->scratch),
               bytes = ig_gemm_packed_bytes(nn->kernels, layout, gemm->n, gemm->k);
  const ig_gemm_operand b = {gemm->n, gemm->k, gemm->b, gemm->b_depth, gemm->b_column};
  ig_gemm packed = *gemm;
  packed.packed = ig_gemm_place(layout, b.n, b.k, IG_TAKE(nn->scratch, char, bytes));
  ig_gemm_pack(nn, &b, 0, packed.packed);
  multiply_packed(nn, &packed);
  ig_arena_release(nn->scratch, mark);
}

void ig_gemm_run(ig_nn *nn, const ig_gemm *gemm) {
  if (gemm->m == 0 || gemm->n == 0) return;
  if (nn->training && nn->compute == IG_COMPUTE_BFLOAT16) {
    ig_gemm_unit_run(nn, nn->kernels->bf16_unit, gemm);
    return;
  }
  const ig_weight_layout layout = layout_of(nn, gemm);
  switch (layout) {
    case IG_WEIGHT_LAYOUT_FLOAT32_PANELS:
    case IG_WEIGHT_LAYOUT_BFLOAT16_PANELS: multiply_panels(nn, gemm, layout); return;
    case IG_WEIGHT_LAYOUT_BFLOAT16_PARTS:
      assert(!gemm->reader);
      ig_gemm_unit_run(nn, nn->kernels->matrix_unit, gemm);
      return;
    case IG_WEIGHT_LAYOUT_INT8_PANELS: ig_gemm_int8_run(nn, gemm); return;
  }
  assert(false && "a packed weight of a layout that nobody knows");
}

void ig_gemm_serial(const ig_kernels *kernels, const ig_gemm *gemm, float *buffer) {
  if (gemm->m == 0 || gemm->n == 0) return;
  const float *packed = gemm->packed.data;
  assert(!packed || gemm->packed.layout == IG_WEIGHT_LAYOUT_FLOAT32_PANELS);
  const bool unpacked = !packed && gemm->b_column == 1 && gemm->n % kernels->gemm_nr == 0;
  if (!packed && !unpacked)
    kernels->gemm_pack(&(ig_gemm_operand){gemm->n, gemm->k, gemm->b, gemm->b_depth, gemm->b_column},
                       buffer, gemm->k * kernels->gemm_nr);
  gemm_work w = cut_into_blocks(kernels, gemm, packed ? packed : buffer, 1);
  if (unpacked) {
    w.packed = gemm->b;
    w.panel_stride = kernels->gemm_nr;
    w.packed_row = gemm->b_depth;
  }
  for (size_t i = 0; i < ig_gemm_grid_blocks(&w.grid); i++) multiply_block_of_c(&w, i, 0);
}
