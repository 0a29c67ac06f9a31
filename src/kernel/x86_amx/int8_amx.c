// The product of int8 values with AMX: up to sixteen rows of A, and a panel, are sequences of tiles
// of 64 values of k, as they lie in memory. A few rows go to vectors, which have the same bits, for
// the sums are whole numbers.
#include "kernel/x86_avx512/vector_avx512.h"
#include "kernel/kernels.h"
#include "kernel/simd/vector_math.h"
#include "kernel/x86_amx/tiles.h"
#include "kernel/x86_avx512/int8_sums_avx512.h"

enum {
  SUMS = 2 * TILE,  // rows and columns of the sums that four tiles hold
  // Rows of a tile at least. The sums of a product of tiles can be added to after 52 cycles (Intel,
  // optimization reference manual), and a single tile of rows has only two of them under way, while
  // vectors take eight cycles a row and panel. This is reckoned, not measured.
  LEAST = 8
};

// A block of one or two tiles of rows by one or two panels, from its first values of k on.
typedef struct int8_block {
  const int8_t *a;
  const uint8_t *panel;
  size_t depth;
} int8_block;

// Tiles 0 to 3 hold sums, 4 and 5 rows of A, 6 and 7 panels. Whether there are two of each is a
// constant at every call.
VEC_INLINE void sum_block(const int8_block *block, bool two_rows, bool two_panels,
                          int32_t sums[SUMS * SUMS]) {
  const size_t depth = block->depth, panel_bytes = depth * IG_INT8_COLUMNS;
  const int8_t *a = block->a, *below = a + TILE * depth;
  const uint8_t *b = block->panel;
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
  const size_t stride = SUMS * sizeof *sums;
  _tile_stored(0, sums, stride);
  if (two_panels) _tile_stored(1, sums + TILE, stride);
  if (two_rows) _tile_stored(2, sums + TILE * SUMS, stride);
  if (two_rows && two_panels) _tile_stored(3, sums + TILE * SUMS + TILE, stride);
}

static void multiply_block(const ig_int8_tile *t, size_t row, size_t rows, size_t column) {
  int32_t sums[SUMS * SUMS];
  const int8_block block = {t->a + row * t->depth, t->packed + column * t->depth, t->depth};
  const bool two_rows = rows > TILE, two_panels = t->columns - column > IG_INT8_COLUMNS;
  if (two_rows && two_panels)
    sum_block(&block, true, true, sums);
  else if (two_rows)
    sum_block(&block, true, false, sums);
  else if (two_panels)
    sum_block(&block, false, true, sums);
  else
    sum_block(&block, false, false, sums);
  for (size_t i = 0; i < rows; i++) {
    const int32_t *sum = sums + i * SUMS;
    store_int8_sums(t, row + i, column, _mm512_loadu_si512(sum));
    if (two_panels)
      store_int8_sums(t, row + i, column + IG_INT8_COLUMNS, _mm512_loadu_si512(sum + TILE));
  }
}

// Two panels stay in a close cache while the rows pass by. Rows are whole tiles, or fewer than one.
static void multiply_rows(const ig_int8_tile *t, size_t row, size_t end) {
  configure_tiles(end - row < TILE ? end - row : TILE);
  for (size_t column = 0; column < t->columns; column += 2 * IG_INT8_COLUMNS)
    for (size_t i = row; i < end; i += SUMS)
      multiply_block(t, i, end - i < SUMS ? end - i : SUMS, column);
  _tile_release();
}

void ig_int8_multiply_amx(const ig_int8_tile *t) {
  const size_t whole = t->rows / TILE * TILE, rest = t->rows - whole;
  if (whole) multiply_rows(t, 0, whole);
  if (rest >= LEAST) multiply_rows(t, whole, t->rows);
  if (rest == 0 || rest >= LEAST) return;
  ig_int8_tile few = *t;
  few.rows = rest;
  few.a += whole * t->depth;
  few.row += whole;
  few.c += whole * t->c_row;
  ig_int8_multiply_avx512_vnni(&few);
}
