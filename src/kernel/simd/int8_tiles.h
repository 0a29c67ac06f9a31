// The product of int8 values: register tiles of a few rows by one panel. The .c file of an
// instruction set defines, before it includes this file,
//   INT8_VECTORS                    vectors of a panel
//   INT8_ROWS                       rows of the largest tile
//   int8_vec, int8_add() ...        what int8_sums.h takes
//   int8_zero()                     a vector of sums
//   int8_weights, int8_load(p)      a vector of packed weights
//   int8_values, int8_broadcast(p)  four values of A for every lane
//   int8_dot(sum, weights, values)  sum + the four products of each lane,
// and a table of its tiles after it.
#ifndef IG_KERNEL_SIMD_INT8_TILES_H
#define IG_KERNEL_SIMD_INT8_TILES_H
#include "kernel/int8.h"
#include "kernel/simd/int8_sums.h"
#include "kernel/simd/unroll.h"

enum {
  INT8_LINE = IG_INT8_COLUMNS * 4,  // bytes of four values of k
  INT8_MOST_CHAINS = 4
};

// Rows `row` .. and the panel that begins with `column`. A sum is cut into CHAINS sums of every
// CHAINS-th line, so that enough of them are under way to hide the latency of an instruction. ROWS
// and CHAINS are constants at every call.
VEC_INLINE void multiply_int8_tile(const ig_int8_tile *t, size_t row, size_t column,
                                   const size_t ROWS, const size_t CHAINS) {
  int8_vec sum[INT8_ROWS][INT8_MOST_CHAINS][INT8_VECTORS];
  UNROLL for (size_t i = 0; i < ROWS; i++) UNROLL for (size_t c = 0; c < CHAINS; c++)
      UNROLL for (size_t v = 0; v < INT8_VECTORS; v++) sum[i][c][v] = int8_zero();
  const size_t depth = t->depth;
  const uint8_t *line = t->packed + column * depth;
  // There is a pointer to every third row: the two rows after it are reached from it.
  const int8_t *a[(INT8_ROWS + 2) / 3];
  UNROLL for (size_t g = 0; g < (ROWS + 2) / 3; g++) a[g] = t->a + (row + 3 * g) * depth;
  for (size_t p = 0; p < depth; p += 4 * CHAINS) {
    UNROLL for (size_t c = 0; c < CHAINS; c++) {
      int8_weights weights[INT8_VECTORS];
      UNROLL for (size_t v = 0; v < INT8_VECTORS; v++) weights[v] =
          int8_load(line + c * INT8_LINE + v * (INT8_LINE / INT8_VECTORS));
      UNROLL for (size_t i = 0; i < ROWS; i++) {
        const int8_values values = int8_broadcast(a[i / 3] + i % 3 * depth + 4 * c);
        UNROLL for (size_t v = 0; v < INT8_VECTORS; v++) sum[i][c][v] =
            int8_dot(sum[i][c][v], weights[v], values);
      }
    }
    line += CHAINS * INT8_LINE;
    UNROLL for (size_t g = 0; g < (ROWS + 2) / 3; g++) a[g] += 4 * CHAINS;
  }
  UNROLL for (size_t v = 0; v < INT8_VECTORS; v++) {
    const size_t first = column + v * VEC_LANES;
    if (first >= t->columns) return;
    const int8_columns columns = int8_columns_from(t, first);
    UNROLL for (size_t i = 0; i < ROWS; i++) {
      UNROLL for (size_t c = 1; c < CHAINS; c++) sum[i][0][v] =
          int8_add(sum[i][0][v], sum[i][c][v]);
      store_int8_sums(t, row + i, &columns, sum[i][0][v]);
    }
  }
}

#define INT8_TILE(rows, chains)                                                          \
  static void multiply_##rows##_rows(const ig_int8_tile *t, size_t row, size_t column) { \
    multiply_int8_tile(t, row, column, rows, chains);                                    \
  }

typedef void (*int8_tile_function)(const ig_int8_tile *t, size_t row, size_t column);
static const int8_tile_function int8_tile_functions[INT8_ROWS];

// A panel stays in the closest cache while the rows pass by. Tiles are of about equal height.
static void multiply_int8(const ig_int8_tile *t) {
  if (t->rows == 0) return;
  const size_t tiles = (t->rows + INT8_ROWS - 1) / INT8_ROWS;
  for (size_t column = 0; column < t->columns; column += IG_INT8_COLUMNS)
    for (size_t row = 0, i = 0; i < tiles; i++) {
      const size_t end = t->rows * (i + 1) / tiles;
      int8_tile_functions[end - row - 1](t, row, column);
      row = end;
    }
}
#endif
