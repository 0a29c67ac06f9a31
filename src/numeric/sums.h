// Sums of doubles over the values of a block, in lanes that a vector adds up at a time: a fixed
// tree, the same for any number of threads and any instruction set.
#ifndef IG_NUMERIC_SUMS_H
#define IG_NUMERIC_SUMS_H
#include <stddef.h>

double ig_sums_of_magnitudes(size_t count, const float *x);
double ig_sums_of_products(size_t count, const float *x, const float *y);
#endif
