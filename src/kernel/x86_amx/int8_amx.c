// The product of int8 values with AMX: sixteen rows of A, and a panel, are sequences of tiles of 64
// values of k, as they lie in memory. A few rows go to vectors, which have the same bits, for the
// sums are whole numbers.
#include "kernel/x86_avx512/vector_avx512.h"
#include "kernel/kernels.h"
#include "kernel/simd/vector_math.h"
#include "kernel/x86_amx/tiles.h"
#include "kernel/x86_avx512/int8_sums_avx512.h"

enum {
  // Rows that are worth a tile. A product of tiles takes as long whatever the rows, 16 cycles;
  // vectors take eight a row.
  LEAST = 4,
  STEP = 2 * TILE  // rows, and columns, of the sums that four tiles hold
};

// One or two tiles of rows by one or two panels.
typedef struct int8_block {
  size_t rows;  // of each tile
  size_t first, second;
  size_t column;
  // Of the first rows, then of the second ones. Rows that lie in two lines of a cache each would
  // take as long to store as four tiles take to multiply.
  _Alignas(TILE_ROW_BYTES) int32_t sums[4][TILE * TILE];
} int8_block;

// Tiles 0 to 3 hold sums, 4 and 5 rows of A, 6 and 7 panels. Whether there are two of each is a
// constant at every call.
VEC_INLINE void sum_block(const ig_int8_tile *t, int8_block *block, bool two_rows,
                          bool two_panels) {
  const size_t depth = t->depth, panel_bytes = depth * IG_INT8_COLUMNS;
  const int8_t *a = t->a + block->first * depth, *below = t->a + block->second * depth;
  const uint8_t *b = t->packed + block->column * depth;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (size_t p = 0; p < depth; p += IG_INT8_DEPTH, b += TILE_BYTES) {
    _tile_loadd(4, a + p, depth);
    _tile_loadd(6, b, TILE_ROW_BYTES);
    _tile_dpbsud(0, 4, 6);
    if (two_panels) {
      _tile_loadd(7, b + panel_bytes, TILE_ROW_BYTES);
      _tile_dpbsud(1, 4, 7);
    }
    if (two_rows) {
      _tile_loadd(5, below + p, depth);
      _tile_dpbsud(2, 5, 6);
    }
    if (two_rows && two_panels) _tile_dpbsud(3, 5, 7);
  }
  _tile_stored(0, block->sums[0], TILE_ROW_BYTES);
  if (two_panels) _tile_stored(1, block->sums[1], TILE_ROW_BYTES);
  if (two_rows) _tile_stored(2, block->sums[2], TILE_ROW_BYTES);
  if (two_rows && two_panels) _tile_stored(3, block->sums[3], TILE_ROW_BYTES);
}

static void store_tile(const ig_int8_tile *t, size_t row, size_t rows, size_t column,
                       const int32_t *sums) {
  const int8_columns columns = int8_columns_from(t, column);
  for (size_t i = 0; i < rows; i++)
    store_int8_sums(t, row + i, &columns, _mm512_loadu_si512(sums + i * TILE));
}

static void multiply_block(const ig_int8_tile *t, int8_block *block) {
  const bool two_rows = block->second != block->first,
             two_panels = t->columns - block->column > IG_INT8_COLUMNS;
  if (two_rows && two_panels)
    sum_block(t, block, true, true);
  else if (two_rows)
    sum_block(t, block, true, false);
  else if (two_panels)
    sum_block(t, block, false, true);
  else
    sum_block(t, block, false, false);
  for (size_t panel = 0; panel <= two_panels; panel++) {
    const size_t column = block->column + panel * IG_INT8_COLUMNS;
    store_tile(t, block->first, block->rows, column, block->sums[panel]);
    if (two_rows) store_tile(t, block->second, block->rows, column, block->sums[2 + panel]);
  }
}

// Two panels stay in a close cache while all rows pass by. The last rows make a whole tile with
// some before them, which are computed twice, to the same bits.
void ig_int8_multiply_amx(const ig_int8_tile *t) {
  if (t->rows < LEAST) {
    ig_int8_multiply_avx512_vnni(t);
    return;
  }
  int8_block block;  // its sums, 4 KB, are written before they are read
  block.rows = t->rows < TILE ? t->rows : TILE;
  const size_t last = t->rows - block.rows;
  configure_tiles(block.rows);
  for (block.column = 0; block.column < t->columns; block.column += 2 * IG_INT8_COLUMNS)
    for (size_t row = 0; row < t->rows; row += STEP) {
      block.first = row < last ? row : last;
      block.second = row + TILE < last ? row + TILE : last;
      multiply_block(t, &block);
    }
  _tile_release();
}
