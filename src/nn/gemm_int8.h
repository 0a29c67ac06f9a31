// C = A B with B in int8 (kernel/int8.h): the products of nn/gemm.h in the layout
// IG_WEIGHT_LAYOUT_INT8_PANELS. Each row of A is quantized by itself; the sums are exact. So the
// bits of a row of C do not depend on the other rows, threads or the instruction set.
//
// A block of C is finished in registers: no int32 sums are written.
#ifndef IG_NN_GEMM_INT8_H
#define IG_NN_GEMM_INT8_H
#include "nn/gemm.h"

// Columns of B as they are quantized.
typedef struct ig_gemm_int8_columns {
  size_t n, k;
  const int8_t *q;     // (n, k)
  const float *scale;  // (n)
} ig_gemm_int8_columns;

// gemm->packed has the layout; A's rows are contiguous and nothing is accumulated.
void ig_gemm_int8_run(ig_nn *nn, const ig_gemm *gemm);
// Scratch bytes that ig_gemm_int8_run needs, and with a reader.
size_t ig_gemm_int8_scratch(size_t m, size_t k);
size_t ig_gemm_int8_read_scratch(size_t m, size_t k, size_t threads);
// Bytes of B (k, n), and their place in memory that is aligned to IG_ALIGNMENT: values, then
// scales.
size_t ig_gemm_int8_packed_bytes(size_t n, size_t k);
ig_packed ig_gemm_int8_place(size_t n, size_t k, void *memory);
// Packs columns first .. first + b->n - 1 of a B that was placed; each column of b is contiguous.
// first: a multiple of IG_INT8_COLUMNS.
void ig_gemm_int8_pack(ig_nn *nn, const ig_gemm_operand *b, size_t first, ig_packed packed);
// The same from columns that are quantized already: q (n, k) of -127 to 127, and a scale for each.
void ig_gemm_int8_pack_quantized(ig_nn *nn, const ig_gemm_int8_columns *columns, size_t first,
                                 ig_packed packed);
// The values (k) of one column, scale * q.
void ig_gemm_int8_unpack_column(ig_packed packed, size_t k, size_t column, float *to);
#endif
