// The matrix product: register tiles of GEMM_MR rows by two vectors (up to four for few rows), and
// the packing of B. The .c file of an instruction set defines two names before it includes this
// file: GEMM_MR (AVX-512: 14, which take 28 of its 32 registers; AVX2: 6, which take 12 of 16), and
// REGISTER_TILES(TILE), the list of its tiles: TILE(rows, vectors) for each.
#ifndef IG_KERNEL_SIMD_GEMM_KERNELS_H
#define IG_KERNEL_SIMD_GEMM_KERNELS_H

#include "kernel/simd/unroll.h"

enum {
  GEMM_NR = 2 * VEC_LANES,
  // Vectors of a tile of up to GEMM_FEW_ROWS rows: enough chains to hide the latency of a
  // multiply-add, and two streams from memory.
  GEMM_MAX_VECTORS = 4,
  GEMM_FEW_ROWS = GEMM_MR * 3 / 7,
  // B is fetched this many steps of k ahead of its use. The first tile of a panel may find it in
  // memory; fetching from the next pages then wakes the hardware's own prefetching, which ends at
  // each page. The other tiles find it in a cache.
  GEMM_AHEAD_FIRST = 64,
  GEMM_AHEAD = 8,
};

// One register tile: some rows of C by the first `columns` of one or two panels.
typedef struct register_tile {
  size_t depth, columns;
  const float *a;  // A[i][p] = a[i * a_row + p * a_depth]
  size_t a_row, a_depth;
  const void *packed;
  size_t panel_stride, packed_row;
  size_t ahead;  // elements that B is fetched ahead
  float *c;
  size_t c_row;
  bool accumulate, relu;
  const float *bias;
} register_tile;

// Where vector HALF of the two of a panel's row is loaded from. In bfloat16 both are in one line.
VEC_INLINE const void *columns_at(const ig_panel_type TYPE, const void *row, const size_t HALF) {
  return TYPE == IG_PANEL_TYPE_FLOAT32 ? (const float *)row + HALF * VEC_LANES : row;
}

VEC_INLINE vec load_columns(const ig_panel_type TYPE, const void *at, const size_t HALF) {
  if (TYPE == IG_PANEL_TYPE_FLOAT32) return vec_load(at);
  return HALF ? vec_bf16_high(vec_int_load(at)) : vec_bf16_low(vec_int_load(at));
}

// TYPE, ROWS and VECTORS are constants at every call, so that all loops over them unroll and `sum`
// lives in registers.
VEC_INLINE void multiply_register_tile(const register_tile *t, const ig_panel_type TYPE,
                                       const size_t ROWS, const size_t VECTORS) {
  vec sum[GEMM_MR][GEMM_MAX_VECTORS];
  UNROLL for (size_t i = 0; i < ROWS; i++) {
    UNROLL for (size_t v = 0; v < VECTORS; v++) {
      size_t left = t->columns - v * VEC_LANES;
      sum[i][v] = t->accumulate ? load_some(t->c + i * t->c_row + v * VEC_LANES, left) : vec_zero();
    }
    // Fetches the rows of the next tile below into L1 while this one is multiplied.
    __builtin_prefetch(t->c + (i + ROWS) * t->c_row, 1, 3);
    if (VECTORS > 1) __builtin_prefetch(t->c + (i + ROWS) * t->c_row + GEMM_NR - 1, 1, 3);
  }
  // There is a pointer to every third row of A; the two rows after it are reached from it, because
  // base, base + stride and base + 2 stride are addressing modes.
  const float *row[(GEMM_MR + 2) / 3];
  UNROLL for (size_t g = 0; g < (ROWS + 2) / 3; g++) row[g] = t->a + 3 * g * t->a_row;
  const void *b = t->packed, *b2 = ig_kernels_panel_at(TYPE, b, t->panel_stride);
  const size_t a_row = t->a_row, a_depth = t->a_depth, packed_row = t->packed_row;
  for (size_t p = t->depth; p > 0; p--) {
    vec column[GEMM_MAX_VECTORS];
    UNROLL for (size_t v = 0; v < VECTORS; v++) {
      const void *at = columns_at(TYPE, v < 2 ? b : b2, v % 2);
      column[v] = load_columns(TYPE, at, v % 2);
      // One row is nothing but loads: the hardware prefetches them, and a fetch would take a load's
      // place.
      if (ROWS > 1 && (TYPE == IG_PANEL_TYPE_FLOAT32 || v % 2 == 0))
        __builtin_prefetch(ig_kernels_panel_at(TYPE, at, t->ahead), 0, 3);
    }
    UNROLL for (size_t i = 0; i < ROWS; i++) {
      vec value = vec_set(row[i / 3][i % 3 * a_row]);
      UNROLL for (size_t v = 0; v < VECTORS; v++) sum[i][v] = vec_fma(value, column[v], sum[i][v]);
    }
    b = ig_kernels_panel_at(TYPE, b, packed_row);
    b2 = ig_kernels_panel_at(TYPE, b2, packed_row);
    UNROLL for (size_t g = 0; g < (ROWS + 2) / 3; g++) row[g] += a_depth;
  }
  UNROLL for (size_t v = 0; v < VECTORS; v++) {
    size_t left = t->columns - v * VEC_LANES;
    vec bias = t->bias ? load_some(t->bias + v * VEC_LANES, left) : vec_zero();
    UNROLL for (size_t i = 0; i < ROWS; i++) {
      vec x = t->bias ? vec_add(sum[i][v], bias) : sum[i][v];
      if (t->relu) x = vec_max(vec_zero(), x);
      store_some(t->c + i * t->c_row + v * VEC_LANES, left, x);
    }
  }
}

#define DEFINE_TILE(rows, vectors)                                       \
  static void multiply_##rows##x##vectors(const register_tile *t) {      \
    multiply_register_tile(t, IG_PANEL_TYPE_FLOAT32, rows, vectors);     \
  }                                                                      \
  static void multiply_bf16_##rows##x##vectors(const register_tile *t) { \
    multiply_register_tile(t, IG_PANEL_TYPE_BFLOAT16, rows, vectors);    \
  }
#define FLOAT32_TILE(rows, vectors) [rows - 1][vectors - 1] = multiply_##rows##x##vectors,
#define BFLOAT16_TILE(rows, vectors) [rows - 1][vectors - 1] = multiply_bf16_##rows##x##vectors,

REGISTER_TILES(DEFINE_TILE)

typedef void (*multiply_function)(const register_tile *t);
static const multiply_function multiply_functions[][GEMM_MR][GEMM_MAX_VECTORS] = {
    [IG_PANEL_TYPE_FLOAT32] = {REGISTER_TILES(FLOAT32_TILE)},
    [IG_PANEL_TYPE_BFLOAT16] = {REGISTER_TILES(BFLOAT16_TILE)},
};

static void activate_rows(const ig_gemm_tile *t) {
  for (size_t i = 0; i < t->rows; i++)
    activation(t->activation, t->columns, t->c + i * t->c_row, t->c + i * t->c_row);
}

static void gemm(const ig_gemm_tile *t) {
  register_tile r = {.depth = t->depth,
                     .a_row = t->a_row,
                     .a_depth = t->a_depth,
                     .panel_stride = t->panel_stride,
                     .packed_row = t->packed_row,
                     .c_row = t->c_row,
                     .accumulate = t->accumulate,
                     .relu = t->activation == IG_ACTIVATION_RELU};
  size_t tiles = (t->rows + GEMM_MR - 1) / GEMM_MR;
  // Tiles are of equal height: 16 rows are 8 + 8, not 14 + 2.
  size_t height = tiles ? (t->rows + tiles - 1) / tiles : 0;
  size_t width = t->rows <= GEMM_FEW_ROWS ? 2 * GEMM_NR : GEMM_NR;
  for (size_t first = 0; first < t->columns; first += width) {
    r.columns = t->columns - first < width ? t->columns - first : width;
    r.packed = ig_kernels_panel_at(t->type, t->packed, first / GEMM_NR * t->panel_stride);
    r.bias = t->bias ? t->bias + first : NULL;
    size_t vectors = (r.columns + VEC_LANES - 1) / VEC_LANES;
    for (size_t i = 0; i < t->rows; i += height) {
      size_t rows = t->rows - i < height ? t->rows - i : height;
      r.ahead =
          (i == 0 && t->packed_row == GEMM_NR ? GEMM_AHEAD_FIRST : GEMM_AHEAD) * t->packed_row;
      r.a = t->a + i * t->a_row;
      r.c = t->c + i * t->c_row + first;
      multiply_functions[t->type][rows - 1][vectors - 1](&r);
    }
  }
  if (t->activation != IG_ACTIVATION_NONE && t->activation != IG_ACTIVATION_RELU) activate_rows(t);
}

// ---- packing ----------------------------------------------------------------

// Packs a B whose rows are contiguous: each row is read once and dealt out to a few panels at a
// time.
static void pack_rows(const ig_gemm_operand *b, float *packed, size_t panel_stride) {
  enum { GROUP = 8 * GEMM_NR };
  for (size_t start = 0; start < b->n; start += GROUP) {
    size_t end = b->n - start < GROUP ? b->n : start + GROUP;
    for (size_t p = 0; p < b->k; p++) {
      const float *row = b->b + p * b->b_depth;
      float *to = packed + start / GEMM_NR * panel_stride + p * GEMM_NR;
      size_t j = start;
      for (; j + GEMM_NR <= end; j += GEMM_NR, to += panel_stride) {
        vec_store(to, vec_load(row + j));
        vec_store(to + VEC_LANES, vec_load(row + j + VEC_LANES));
      }
      if (j < end) {
        vec_store(to, load_some(row + j, end - j));
        vec_store(to + VEC_LANES, end - j > VEC_LANES
                                      ? load_some(row + j + VEC_LANES, end - j - VEC_LANES)
                                      : vec_zero());
      }
    }
  }
}

// Packs a B whose columns are contiguous: blocks of VEC_LANES columns are transposed in registers.
static void pack_columns(const ig_gemm_operand *operand, float *packed, size_t panel_stride) {
  const size_t n = operand->n, k = operand->k, b_column = operand->b_column;
  const float *b = operand->b;
  size_t rounded = (n + GEMM_NR - 1) / GEMM_NR * GEMM_NR;
  for (size_t j = 0; j < rounded; j += VEC_LANES) {
    float *to = packed + j / GEMM_NR * panel_stride + j % GEMM_NR;
    size_t columns = j >= n ? 0 : n - j < VEC_LANES ? n - j : VEC_LANES;
    for (size_t p = 0; p < k; p += VEC_LANES) {
      size_t depth = k - p < VEC_LANES ? k - p : VEC_LANES;
      vec r[VEC_LANES];
      UNROLL for (size_t c = 0; c < VEC_LANES; c++) r[c] =
          c < columns ? load_some(b + (j + c) * b_column + p, depth) : vec_zero();
      vec_transpose(r);
      UNROLL for (size_t q = 0; q < VEC_LANES; q++) if (q < depth)
          vec_store(to + (p + q) * GEMM_NR, r[q]);
    }
  }
}

// Packs a B of which neither rows nor columns are contiguous.
static void pack_scattered(const ig_gemm_operand *b, float *packed, size_t panel_stride) {
  for (size_t first = 0; first < b->n; first += GEMM_NR) {
    float *panel = packed + first / GEMM_NR * panel_stride;
    for (size_t p = 0; p < b->k; p++)
      for (size_t j = 0; j < GEMM_NR; j++)
        panel[p * GEMM_NR + j] =
            first + j < b->n ? b->b[p * b->b_depth + (first + j) * b->b_column] : 0.0f;
  }
}

static void gemm_pack(const ig_gemm_operand *b, float *packed, size_t panel_stride) {
  if (b->b_column == 1)
    pack_rows(b, packed, panel_stride);
  else if (b->b_depth == 1)
    pack_columns(b, packed, panel_stride);
  else
    pack_scattered(b, packed, panel_stride);
}
#endif
