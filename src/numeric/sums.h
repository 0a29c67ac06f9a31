// Sums in double over the values of a block. They are added in lanes, as vector instructions do, in
// a fixed tree: the same for any number of threads and any instruction set.
#ifndef IG_NUMERIC_SUMS_H
#define IG_NUMERIC_SUMS_H
#include <stddef.h>

// sum |x|, x (count).
double ig_sums_of_magnitudes(size_t count, const float *x);
// sum x y, x and y (count).
double ig_sums_of_products(size_t count, const float *x, const float *y);
// The same of doubles.
double ig_sums_of_double_products(size_t count, const double *x, const double *y);
#endif
