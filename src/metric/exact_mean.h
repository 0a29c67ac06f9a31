// Means as Python and numpy compute them, to the last digit.
#ifndef IG_METRIC_EXACT_MEAN_H
#define IG_METRIC_EXACT_MEAN_H
#include <stdbool.h>
#include <stddef.h>

// statistics.mean: the exact mean of finite values, rounded once.
double ig_exact_mean(const double *values, size_t count);
// numpy.mean of an array of doubles, or of float32 (narrow; the values are such): running sums of
// eight, in blocks of 128.
double ig_exact_mean_pairwise(const double *values, size_t count, bool narrow);
#endif
