// The thin singular value decomposition of a dense matrix, in double: D = sum over i of values[i]
// left[i] right[i]^T.
//
// Householder's QR first, then one-sided Jacobi on R transposed (Drmac & Veselic, SIAM J. Matrix
// Anal. 2008): small singular values and their vectors come out as orthogonal as large ones. About
// 8 sweeps of 7 min(rows, columns)^3 operations; work is split over vectors and over disjoint pairs
// of them, so that the bytes do not depend on threads.
#ifndef IG_NUMERIC_SVD_H
#define IG_NUMERIC_SVD_H
#include <stddef.h>
#include "base/pool.h"

typedef struct ig_svd {
  size_t rows, columns;
  size_t count;  // min(rows, columns)
  size_t rank;   // singular values above max(rows, columns) 2^-52 |D|, |D| the Frobenius norm: the
                 // others are zeros, and so are their vectors
  double *values;            // (count): descending
  double *left;              // (count, rows)
  double *right;             // (count, columns)
  double *input;             // the matrix, by ig_svd_at; lost when decomposed
  double *r, *w;             // (count, count) each: scratch
  double *diagonal, *norms;  // (count): scratch
  size_t *order;             // (count): scratch
} ig_svd;

// Bytes of memory for a matrix. 0: they cannot be counted.
size_t ig_svd_size(size_t rows, size_t columns);
// Lays an ig_svd out in memory of that size, aligned for double, that outlives it.
ig_svd ig_svd_lay_out(size_t rows, size_t columns, void *memory);

// Element (row, column) of the input.
static inline double *ig_svd_at(const ig_svd *s, size_t row, size_t column) {
  return s->input + (s->rows >= s->columns ? column * s->rows + row : row * s->columns + column);
}

// All values of the input must be finite. pool NULL: serially.
void ig_svd_decompose(ig_svd *svd, ig_pool *pool);
#endif
