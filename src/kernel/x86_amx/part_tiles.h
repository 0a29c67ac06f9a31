// Products of float32 operands by way of bfloat16 parts on the tiles of AMX. A tile is 16 rows of
// 64 bytes: A's holds 16 rows by 32 values of k, B's 16 pairs of k by 16 columns. Two tiles of
// each, and four of C, make an edge of 32. The .c file of a unit defines, before it includes this
// file,
//   PARTS             how many bfloat16 values stand for one of float32
//   take_part(x, i)   part i of the numbers *x, as float32; what is left of them stays in *x
//   PART_PRODUCTS     which part of A is multiplied with which of B, in this order: one that has a
//                     part in common with the one before loads fewer tiles
#ifndef IG_KERNEL_X86_AMX_PART_TILES_H
#define IG_KERNEL_X86_AMX_PART_TILES_H
#include <string.h>

#include "kernel/product_unit.h"
#include "kernel/simd/unroll.h"
#include "kernel/simd/vector_math.h"
#include "kernel/x86_amx/tiles.h"

enum { EDGE = 2 * TILE, DEPTH = 32, PART_BYTES = 2 * TILE_BYTES, STEP_BYTES = PARTS * PART_BYTES };

// ---- packing ----------------------------------------------------------------

// Where the values of one tile of each part come from: sixteen lines by 32 depths at x.
typedef struct tile_source {
  const float *x;
  size_t x_line, x_depth;
  size_t lines, depths;  // that exist; the rest of the tile is zeros
} tile_source;

// The values come as sixteen pairs of vectors. Where depth is contiguous, a pair is one line: its
// depths 0-15 and 16-31. The next step's values are fetched meanwhile; they lie too far apart for
// the hardware to guess.
static inline void load_line(const tile_source *t, size_t i, vec pair[2]) {
  const float *x = t->x + i * t->x_line;
  const bool exists = i < t->lines;
  pair[0] = exists ? load_some(x, t->depths) : vec_zero();
  pair[1] = exists && t->depths > TILE ? load_some(x + TILE, t->depths - TILE) : vec_zero();
  __builtin_prefetch(x + DEPTH, 0, 3);
  __builtin_prefetch(x + DEPTH + TILE, 0, 3);
}

// Where lines are contiguous, a pair is two depths of sixteen lines each.
static inline void load_depths(const tile_source *t, size_t i, vec pair[2]) {
  for (size_t q = 0; q < 2; q++) {
    const float *x = t->x + (2 * i + q) * t->x_depth;
    pair[q] = 2 * i + q < t->depths ? load_some(x, t->lines) : vec_zero();
    __builtin_prefetch(x + DEPTH * t->x_depth, 0, 3);
  }
}

// Two vectors of parts become one of 32 bfloat16: all of the first vector, then all of the second.
static inline vec in_sequence(vec first, vec second) {
  return _mm512_castsi512_ps((__m512i)_mm512_cvtne2ps_pbh(second, first));
}

// The same, but lane i of the first vector is followed by lane i of the second.
static inline vec in_pairs(vec first, vec second) {
  return _mm512_castsi512_ps(_mm512_or_si512(_mm512_srli_epi32(_mm512_castps_si512(first), 16),
                                             _mm512_castps_si512(second)));
}

// Transposes sixteen rows of sixteen pairs in place: lines of depths become depths of lines, or
// back.
static void transpose_tile(float *tile) {
  vec row[TILE];
  for (size_t i = 0; i < TILE; i++) row[i] = vec_load(tile + i * TILE);
  vec_transpose(row);
  for (size_t i = 0; i < TILE; i++) vec_store(tile + i * TILE, row[i]);
}

// by_line is a constant at each call, and says that depth is contiguous. A's tile holds lines of
// depths, B's holds depths of lines, so half of the cases need a transposition.
VEC_INLINE void pack_tile(const tile_source *t, bool by_line, ig_panel_kind kind, char *to) {
  for (size_t i = 0; i < TILE; i++) {
    vec pair[2];
    if (by_line)
      load_line(t, i, pair);
    else
      load_depths(t, i, pair);
    UNROLL for (size_t part = 0; part < PARTS; part++) {
      const vec first = take_part(&pair[0], part), second = take_part(&pair[1], part);
      vec_store((float *)(to + part * PART_BYTES) + i * TILE,
                by_line ? in_sequence(first, second) : in_pairs(first, second));
    }
  }
  if (by_line == (kind == IG_PANEL_COLUMNS))
    for (size_t part = 0; part < PARTS; part++) transpose_tile((float *)(to + part * PART_BYTES));
}

// Packs a tile of which neither lines nor depths are contiguous.
static void pack_scattered_tile(const tile_source *t, ig_panel_kind kind, char *to) {
  float x[TILE][DEPTH] = {{0}};
  for (size_t i = 0; i < t->lines; i++)
    for (size_t p = 0; p < t->depths; p++) x[i][p] = t->x[i * t->x_line + p * t->x_depth];
  pack_tile(&(tile_source){x[0], DEPTH, 1, TILE, DEPTH}, true, kind, to);
}

static void pack_panel(const ig_panel_source *s, void *panel) {
  char *to = panel;
  for (size_t p = 0; p < s->depth; p += DEPTH, to += STEP_BYTES)
    for (size_t line = 0; line < EDGE; line += TILE) {
      tile_source t = {.x = s->x + line * s->x_line + p * s->x_depth,
                       .x_line = s->x_line,
                       .x_depth = s->x_depth};
      t.lines = line >= s->count ? 0 : s->count - line < TILE ? s->count - line : TILE;
      t.depths = s->depth - p < DEPTH ? s->depth - p : DEPTH;
      char *tile = to + line / TILE * TILE_BYTES;
      if (s->x_depth == 1)
        pack_tile(&t, true, s->kind, tile);
      else if (s->x_line == 1)
        pack_tile(&t, false, s->kind, tile);
      else
        pack_scattered_tile(&t, s->kind, tile);
    }
}

// ---- multiplying ------------------------------------------------------------

// Tiles 0 to 3 hold C, 4 and 5 hold A, 6 and 7 hold B.
static inline void load_a(const char *part) {
  _tile_loadd(4, part, 64);
  _tile_loadd(5, part + TILE_BYTES, 64);
}
static inline void load_b(const char *part) {
  _tile_loadd(6, part, 64);
  _tile_loadd(7, part + TILE_BYTES, 64);
}
static inline void multiply_tiles(void) {
  _tile_dpbf16ps(0, 4, 6);
  _tile_dpbf16ps(1, 4, 7);
  _tile_dpbf16ps(2, 5, 6);
  _tile_dpbf16ps(3, 5, 7);
}

// Parts of A and of B.
static const struct { size_t a, b; } products[] = PART_PRODUCTS;
enum { PRODUCTS = sizeof products / sizeof *products };

static inline void multiply_step(const char *a, const char *b) {
  UNROLL for (size_t i = 0; i < PRODUCTS; i++) {
    if (i == 0 || products[i].a != products[i - 1].a) load_a(a + products[i].a * PART_BYTES);
    if (i == 0 || products[i].b != products[i - 1].b) load_b(b + products[i].b * PART_BYTES);
    multiply_tiles();
  }
}

// Computes a whole block of C, edge by edge.
static void multiply_panels(const char *a, const char *b, size_t steps, float *c, size_t c_row,
                            bool accumulate) {
  const size_t stride = c_row * sizeof(float);
  float *below = c + TILE * c_row;
  if (accumulate) {
    _tile_loadd(0, c, stride);
    _tile_loadd(1, c + TILE, stride);
    _tile_loadd(2, below, stride);
    _tile_loadd(3, below + TILE, stride);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (size_t step = 0; step < steps; step++, a += STEP_BYTES, b += STEP_BYTES) multiply_step(a, b);
  _tile_stored(0, c, stride);
  _tile_stored(1, c + TILE, stride);
  _tile_stored(2, below, stride);
  _tile_stored(3, below + TILE, stride);
}

// Computes the same sums for at most TILE rows: half of the tiles, configured for as many rows as
// exist.
static void multiply_few(const char *a, const char *b, size_t steps, float *c, size_t c_row,
                         bool accumulate) {
  // B is fetched AHEAD steps before its use: too few multiplications happen in a step to hide that
  // it comes from memory.
  enum { AHEAD = 3 };
  const size_t stride = c_row * sizeof(float);
  if (accumulate) {
    _tile_loadd(0, c, stride);
    _tile_loadd(1, c + TILE, stride);
  } else {
    _tile_zero(0);
    _tile_zero(1);
  }
  for (size_t step = 0; step < steps; step++, a += STEP_BYTES, b += STEP_BYTES)
    for (size_t i = 0; i < PRODUCTS; i++) {
      for (size_t line = i; line < STEP_BYTES / 64; line += PRODUCTS)
        __builtin_prefetch(b + AHEAD * STEP_BYTES + line * 64, 0, 3);
      _tile_loadd(4, a + products[i].a * PART_BYTES, 64);
      load_b(b + products[i].b * PART_BYTES);
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
    }
  _tile_stored(0, c, stride);
  _tile_stored(1, c + TILE, stride);
}

// Computes a block at the border of C, by way of a whole one.
static void multiply_border(const char *a, const char *b, const ig_panel_product *t, size_t rows,
                            size_t columns, float *c) {
  _Alignas(TILE_ROW_BYTES) float whole[EDGE * EDGE] = {0};
  for (size_t i = 0; i < rows && t->accumulate; i++)
    memcpy(whole + i * EDGE, c + i * t->c_row, columns * sizeof *c);
  finish_stores();
  if (t->rows <= TILE)
    multiply_few(a, b, t->steps, whole, EDGE, t->accumulate);
  else
    multiply_panels(a, b, t->steps, whole, EDGE, t->accumulate);
  for (size_t i = 0; i < rows; i++) memcpy(c + i * t->c_row, whole + i * EDGE, columns * sizeof *c);
}

static void multiply_product(const ig_panel_product *t) {
  const bool few = t->rows <= TILE;
  configure_tiles(few ? t->rows : TILE);
  for (size_t column = 0; column < t->columns; column += EDGE) {
    const char *b = (const char *)t->b + column / EDGE * t->b_panel;
    const size_t columns = t->columns - column < EDGE ? t->columns - column : EDGE;
    for (size_t row = 0; row < t->rows; row += EDGE) {
      const char *a = (const char *)t->a + row / EDGE * t->a_panel;
      const size_t rows = t->rows - row < EDGE ? t->rows - row : EDGE;
      float *c = t->c + row * t->c_row + column;
      if (few && columns == EDGE)
        multiply_few(a, b, t->steps, c, t->c_row, t->accumulate);
      else if (rows == EDGE && columns == EDGE)
        multiply_panels(a, b, t->steps, c, t->c_row, t->accumulate);
      else
        multiply_border(a, b, t, rows, columns, c);
    }
  }
  _tile_release();
}

#define PART_UNIT(symbol)                                    \
  const ig_product_unit symbol = {.row_edge = EDGE,          \
                                  .column_edge = EDGE,       \
                                  .depth = DEPTH,            \
                                  .row_step = STEP_BYTES,    \
                                  .column_step = STEP_BYTES, \
                                  .pack = pack_panel,        \
                                  .multiply = multiply_product}
#endif
