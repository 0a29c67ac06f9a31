// Products of int8 values with exact sums: what the slots quantize and multiply_int8 of the kernel
// table take (kernel/kernels.h).
//
// A row x of k values is held as q = round(x * (127 / m)) with m = max |x|, to the nearest, halves
// to the even one, and the scale m / 127. So |q| <= 127, and x is about scale * q. Rows of
// activations and columns of weights are quantized alike.
//
// A weight is packed in panels of IG_INT8_COLUMNS columns. A panel holds, for every four values of
// k, 64 bytes: of each column its four values, as q + 128. One order serves vpdpbusd (which
// multiplies unsigned by signed bytes), AMX tiles and plain vectors alike.
//
// The sums of q q' are whole numbers and exact: |sum| <= 127 * 127 * k fits int32 for
// k <= IG_INT8_MOST_DEPTH. So the bits of an output depend on nothing but its row and its column:
// not on the order of the sum, the rows beside it, threads or the instruction set.
#ifndef IG_KERNEL_INT8_H
#define IG_KERNEL_INT8_H
#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

enum {
  IG_INT8_COLUMNS = 16,         // of a panel
  IG_INT8_DEPTH = 64,           // k is filled with zeros up to a multiple of this
  IG_INT8_SHIFT = 128,          // what is added to packed weights
  IG_INT8_MOST_DEPTH = 1 << 17  // 127 * 127 * 2^17 < 2^31
};

// Of one quantized row.
typedef struct ig_int8_row {
  float scale;
  int32_t sum;  // of its values
} ig_int8_row;

// C[i][j] = fma((float)(sum over p of a[i][p] B[p][j]) * row[i].scale, scale[j], bias[j])
typedef struct ig_int8_tile {
  size_t rows, columns;    // of C
  size_t depth;            // k, a multiple of IG_INT8_DEPTH
  const int8_t *a;         // (rows, depth)
  const ig_int8_row *row;  // (rows)
  // Panels one after another, depth * IG_INT8_COLUMNS bytes each. Columns that do not exist may
  // hold anything.
  const uint8_t *packed;
  const float *scale;  // (columns, filled up to whole panels)
  const float *bias;   // (columns) or NULL: 0
  float *c;            // C[i][j] = c[i * c_row + j]
  size_t c_row;
} ig_int8_tile;

// From the largest magnitude m of a row: what its values are multiplied with before they are
// rounded, and the scale. Rows of tiny values (where 127 / m would overflow) count as zeros. A row
// that is not finite has the scale NaN, so that nothing made of it looks like a number.
typedef struct ig_int8_range {
  float factor, scale;
} ig_int8_range;
static inline ig_int8_range ig_int8_range_of(float m) {
  if (!(m <= FLT_MAX)) return (ig_int8_range){0, NAN};
  if (m < 0x1p-100f) return (ig_int8_range){0, 0};
  return (ig_int8_range){127.0f / m, m / 127.0f};
}

// k, filled up.
static inline size_t ig_int8_filled_depth(size_t k) {
  return (k + IG_INT8_DEPTH - 1) / IG_INT8_DEPTH * IG_INT8_DEPTH;
}

// multiply_int8 of the tables, each in the folder of its instruction set.
void ig_int8_multiply_reference(const ig_int8_tile *tile);
#if defined(__x86_64__)
void ig_int8_multiply_avx2(const ig_int8_tile *tile);
void ig_int8_multiply_avx_vnni(const ig_int8_tile *tile);
void ig_int8_multiply_avx512_vnni(const ig_int8_tile *tile);
void ig_int8_multiply_amx(const ig_int8_tile *tile);
#endif
#endif
