// Products of operands rounded to bfloat16 (kernel/bf16_unit.h): register tiles of BF16_ROWS rows
// by two vectors. The .c file of an instruction set defines, before it includes this file,
//   BF16_ROWS                rows of the largest tile
//   BF16_LINES               of a panel of rows: BF16_ROWS, filled up to whole vectors
//   BF16_HALVES              2: the halves of a pair are multiplied one after the other;
//                            1: together
//   bf16_half(pairs, half)   the upper (0) or lower half of each pair as float32;
//                            where BF16_HALVES is 1 the pairs as they are
//   bf16_multiply(a, b, c)   c + the products of what bf16_half gave
//   bf16_neighbours(x, y)    pairs of neighbouring values: those of x, then those of y
//   bf16_across(x, y)        pairs of a value of x and the one of y in the same lane
// and after it BF16_TILE(rows) for each number of rows, and their table.
#ifndef IG_KERNEL_SIMD_BF16_TILES_H
#define IG_KERNEL_SIMD_BF16_TILES_H
#include "kernel/bf16_unit.h"
#include "kernel/simd/unroll.h"

enum {
  BF16_COLUMNS = 2 * VEC_LANES,
  BF16_AHEAD = 16,  // depths that are fetched before they are packed, where they lie apart
};

// ---- packing ----------------------------------------------------------------

// Pairs of the first `left` of the values at x; the rest are zeros.
VEC_INLINE vec load_neighbours(const float *x, size_t left) {
  return bf16_neighbours(
      left > 0 ? load_some(x, left) : vec_zero(),
      left > VEC_LANES ? load_some(x + VEC_LANES, left - VEC_LANES) : vec_zero());
}

// Depth is contiguous: pairs are made along it, and a block of VEC_LANES lines is transposed.
static void pack_lines(const ig_panel_source *s, size_t width, size_t pairs, float *to) {
  for (size_t line = 0; line < width; line += VEC_LANES)
    for (size_t q = 0; q < pairs; q += VEC_LANES) {
      const size_t left = 2 * q < s->depth ? s->depth - 2 * q : 0;
      vec r[VEC_LANES];
      UNROLL for (size_t i = 0; i < VEC_LANES; i++) r[i] =
          line + i < s->count ? load_neighbours(s->x + (line + i) * s->x_line + 2 * q, left)
                              : vec_zero();
      vec_transpose(r);
      UNROLL for (size_t i = 0; i < VEC_LANES; i++) vec_store(to + (q + i) * width + line, r[i]);
    }
}

VEC_INLINE vec load_depth(const ig_panel_source *s, size_t line, size_t p) {
  if (p >= s->depth || line >= s->count) return vec_zero();
  const float *x = s->x + p * s->x_depth + line;
  __builtin_prefetch(x + BF16_AHEAD * s->x_depth, 0, 3);
  return load_some(x, s->count - line);
}

// Lines are contiguous: a pair is made of two depths.
static void pack_depths(const ig_panel_source *s, size_t width, size_t pairs, float *to) {
  for (size_t q = 0; q < pairs; q++)
    for (size_t line = 0; line < width; line += VEC_LANES, to += VEC_LANES)
      vec_store(to, bf16_across(load_depth(s, line, 2 * q), load_depth(s, line, 2 * q + 1)));
}

// Packs lines of which neither the values nor the neighbours are contiguous, a step at a time.
static void pack_scattered(const ig_panel_source *s, size_t width, float *to) {
  float x[BF16_COLUMNS * IG_BF16_UNIT_DEPTH];
  for (size_t p = 0; p < s->depth; p += IG_BF16_UNIT_DEPTH) {
    const size_t depth = s->depth - p < IG_BF16_UNIT_DEPTH ? s->depth - p : IG_BF16_UNIT_DEPTH;
    for (size_t i = 0; i < s->count; i++)
      for (size_t j = 0; j < depth; j++)
        x[i * IG_BF16_UNIT_DEPTH + j] = s->x[i * s->x_line + (p + j) * s->x_depth];
    const ig_panel_source step = {.kind = s->kind,
                                  .count = s->count,
                                  .depth = depth,
                                  .x = x,
                                  .x_line = IG_BF16_UNIT_DEPTH,
                                  .x_depth = 1};
    pack_lines(&step, width, IG_BF16_UNIT_PAIRS, to);
    to += IG_BF16_UNIT_PAIRS * width;
  }
}

static void bf16_pack(const ig_panel_source *s, void *panel) {
  const size_t width = s->kind == IG_PANEL_ROWS ? BF16_LINES : BF16_COLUMNS,
               pairs =
                   (s->depth + IG_BF16_UNIT_DEPTH - 1) / IG_BF16_UNIT_DEPTH * IG_BF16_UNIT_PAIRS;
  if (s->x_depth == 1)
    pack_lines(s, width, pairs, panel);
  else if (s->x_line == 1)
    pack_depths(s, width, pairs, panel);
  else
    pack_scattered(s, width, panel);
}

// ---- multiplying ------------------------------------------------------------

// Some rows of one panel of A by one panel of B.
typedef struct bf16_tile {
  const float *a, *b;  // pairs
  size_t pairs, columns;
  float *c;
  size_t c_row;
  bool accumulate;
} bf16_tile;

// ROWS is a constant at every call, so that all loops over it unroll and `sum` lives in registers.
VEC_INLINE void multiply_bf16_tile(const bf16_tile *t, const size_t ROWS) {
  vec sum[BF16_ROWS][2];
  UNROLL for (size_t i = 0; i < ROWS; i++) {
    UNROLL for (size_t v = 0; v < 2; v++) {
      const size_t first = v * VEC_LANES;
      sum[i][v] = t->accumulate && first < t->columns
                      ? load_some(t->c + i * t->c_row + first, t->columns - first)
                      : vec_zero();
    }
  }
  const float *a = t->a, *b = t->b;
  for (size_t q = t->pairs; q > 0; q--, a += BF16_LINES, b += BF16_COLUMNS) {
    UNROLL for (size_t half = 0; half < BF16_HALVES; half++) {
      const vec column[2] = {bf16_half(vec_load(b), half),
                             bf16_half(vec_load(b + VEC_LANES), half)};
      UNROLL for (size_t i = 0; i < ROWS; i++) {
        const vec value = bf16_half(vec_set(a[i]), half);
        UNROLL for (size_t v = 0; v < 2; v++) sum[i][v] =
            bf16_multiply(value, column[v], sum[i][v]);
      }
    }
  }
  UNROLL for (size_t i = 0; i < ROWS; i++) {
    UNROLL for (size_t v = 0; v < 2; v++) {
      const size_t first = v * VEC_LANES;
      if (first < t->columns)
        store_some(t->c + i * t->c_row + first, t->columns - first, sum[i][v]);
    }
  }
}

#define BF16_TILE(rows) \
  static void multiply_bf16_##rows##_rows(const bf16_tile *t) { multiply_bf16_tile(t, rows); }

typedef void (*bf16_tile_function)(const bf16_tile *t);
static const bf16_tile_function bf16_tile_functions[BF16_ROWS];

// A panel of B stays in the closest cache while those of A pass by.
static void bf16_multiply_panels(const ig_panel_product *p) {
  bf16_tile t = {
      .pairs = p->steps * IG_BF16_UNIT_PAIRS, .c_row = p->c_row, .accumulate = p->accumulate};
  for (size_t column = 0; column < p->columns; column += BF16_COLUMNS) {
    t.columns = p->columns - column < BF16_COLUMNS ? p->columns - column : BF16_COLUMNS;
    t.b = (const void *)((const char *)p->b + column / BF16_COLUMNS * p->b_panel);
    for (size_t row = 0; row < p->rows; row += BF16_ROWS) {
      const size_t rows = p->rows - row < BF16_ROWS ? p->rows - row : BF16_ROWS;
      t.a = (const void *)((const char *)p->a + row / BF16_ROWS * p->a_panel);
      t.c = p->c + row * p->c_row + column;
      bf16_tile_functions[rows - 1](&t);
    }
  }
}

#define BF16_UNIT(symbol, multiply_panels)                              \
  const ig_product_unit symbol = {                                      \
      .row_edge = BF16_ROWS,                                            \
      .column_edge = BF16_COLUMNS,                                      \
      .depth = IG_BF16_UNIT_DEPTH,                                      \
      .row_step = IG_BF16_UNIT_PAIRS * BF16_LINES * sizeof(float),      \
      .column_step = IG_BF16_UNIT_PAIRS * BF16_COLUMNS * sizeof(float), \
      .by_value = true,                                                 \
      .pack = bf16_pack,                                                \
      .multiply = multiply_panels}
#endif
