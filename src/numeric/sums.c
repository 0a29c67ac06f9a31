#include "numeric/sums.h"

#include <math.h>

#include "base/vectors.h"

enum { LANES = 16, DOUBLE_LANES = 8 };

static double sum_lanes(const double lanes[LANES]) {
  double sum = 0;
  for (size_t k = 0; k < LANES; k++) sum += lanes[k];
  return sum;
}

IG_VECTORS double ig_sums_of_magnitudes(size_t count, const float *x) {
  double lanes[LANES] = {0};
  const size_t whole = count - count % LANES;
  for (size_t i = 0; i < whole; i += LANES)
    for (size_t k = 0; k < LANES; k++) lanes[k] += (double)fabsf(x[i + k]);
  for (size_t i = whole; i < count; i++) lanes[i - whole] += (double)fabsf(x[i]);
  return sum_lanes(lanes);
}

IG_VECTORS double ig_sums_of_products(size_t count, const float *x, const float *y) {
  double lanes[LANES] = {0};
  const size_t whole = count - count % LANES;
  for (size_t i = 0; i < whole; i += LANES)
    for (size_t k = 0; k < LANES; k++) lanes[k] += (double)x[i + k] * (double)y[i + k];
  for (size_t i = whole; i < count; i++) lanes[i - whole] += (double)x[i] * (double)y[i];
  return sum_lanes(lanes);
}

IG_VECTORS double ig_sums_of_double_products(size_t count, const double *x, const double *y) {
  double lanes[DOUBLE_LANES] = {0}, sum = 0;
  const size_t whole = count - count % DOUBLE_LANES;
  for (size_t i = 0; i < whole; i += DOUBLE_LANES)
    for (size_t k = 0; k < DOUBLE_LANES; k++) lanes[k] += x[i + k] * y[i + k];
  for (size_t i = whole; i < count; i++) lanes[i - whole] += x[i] * y[i];
  for (size_t k = 0; k < DOUBLE_LANES; k++) sum += lanes[k];
  return sum;
}
