// Whether floats are finite.
#ifndef IG_BASE_FINITE_H
#define IG_BASE_FINITE_H
#include <stddef.h>

// The index of the first of `count` values that is NaN or infinite; `count` where all are finite.
size_t ig_finite_until(const float *values, size_t count);
#endif
