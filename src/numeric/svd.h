// The thin singular value decomposition of a dense matrix, in double: D = sum over i of values[i]
// left[i] right[i]^T.
//
// Householder's QR decomposition comes first, then one-sided Jacobi rotations on R transposed
// (Drmac & Veselic, SIAM J. Matrix Anal. 2008): small singular values and their vectors come out as
// orthogonal as large ones. It takes about 8 sweeps of 7 min(rows, columns)^3 operations. Work is
// split over vectors and over disjoint pairs of them, so the bytes of the result do not depend on
// threads.
//
// The order of calls: ig_svd_lay_out, all elements through ig_svd_at, ig_svd_decompose.
#ifndef IG_NUMERIC_SVD_H
#define IG_NUMERIC_SVD_H
#include <stddef.h>
#include "base/pool.h"

typedef struct ig_svd {
  size_t rows, columns;
  size_t count;  // min(rows, columns)
  // How many singular values are above max(rows, columns) 2^-52 |D|, where |D| is the Frobenius
  // norm. The others are set to zero, and so are their vectors.
  size_t rank;
  double *values;  // (count), descending
  double *left;    // (count, rows)
  double *right;   // (count, columns)
  double *input;   // the matrix: filled through ig_svd_at, overwritten by ig_svd_decompose
  double *r, *w;   // (count, count) each: scratch
  double *diagonal, *norms;  // (count): scratch
  size_t *order;             // (count): scratch
} ig_svd;

// Bytes of memory that a matrix needs. 0: their number does not fit a size_t.
size_t ig_svd_size(size_t rows, size_t columns);
// Lays an ig_svd out in memory of that size, which is aligned for double and must outlive it.
ig_svd ig_svd_lay_out(size_t rows, size_t columns, void *memory);

// Element (row, column) of the input.
static inline double *ig_svd_at(const ig_svd *s, size_t row, size_t column) {
  return s->input + (s->rows >= s->columns ? column * s->rows + row : row * s->columns + column);
}

// All values of the input must be finite. pool NULL: serially.
void ig_svd_decompose(ig_svd *svd, ig_pool *pool);
#endif
