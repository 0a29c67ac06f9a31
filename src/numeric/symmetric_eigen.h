// Eigenvalues and eigenvectors of a small symmetric matrix: cyclic Jacobi rotations (Golub & Van
// Loan, "Matrix Computations", 8.5), some ten sweeps of 6 n^3 operations.
#ifndef IG_NUMERIC_SYMMETRIC_EIGEN_H
#define IG_NUMERIC_SYMMETRIC_EIGEN_H
#include <stddef.h>

// matrix (n, n) is symmetric and finite; it is overwritten. values (n), in no order. vectors
// (n, n): column i is the unit vector of values[i].
void ig_symmetric_eigen_decompose(size_t n, double *matrix, double *values, double *vectors);
#endif
