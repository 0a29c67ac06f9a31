// The Cholesky factor of a symmetric positive definite matrix, A = L L^T, and solving by it. Sums
// have a fixed order: the same bits for any number of threads and any instruction set.
#ifndef IG_NUMERIC_CHOLESKY_H
#define IG_NUMERIC_CHOLESKY_H
#include "base/pool.h"

// a (n, n): A on and below the diagonal, of which L takes the place; what is above stays. false: A
// is not positive definite, and a is of no use.
bool ig_cholesky_factor(ig_pool *pool, size_t n, double *a);
// x (rows, n): each row becomes the solution of A x = row.
void ig_cholesky_solve(size_t n, const double *factor, size_t rows, double *x);
#endif
