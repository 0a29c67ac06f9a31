#include "numeric/symmetric_eigen.h"

#include <float.h>
#include <math.h>

enum { MOST_SWEEPS = 60 };  // far fewer are needed: they converge quadratically

static void rotate(double *x, double *y, double cosine, double sine) {
  const double a = *x, b = *y;
  *x = cosine * a - sine * b;
  *y = sine * a + cosine * b;
}

// Makes element (p, q) zero, in matrix and vectors.
static void annihilate(size_t n, double *a, double *vectors, size_t p, size_t q) {
  const double theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
  const double tangent = copysign(1, theta) / (fabs(theta) + hypot(theta, 1));
  const double cosine = 1 / sqrt(1 + tangent * tangent), sine = tangent * cosine;
  for (size_t i = 0; i < n; i++) rotate(&a[i * n + p], &a[i * n + q], cosine, sine);
  for (size_t i = 0; i < n; i++) rotate(&a[p * n + i], &a[q * n + i], cosine, sine);
  for (size_t i = 0; i < n; i++) rotate(&vectors[i * n + p], &vectors[i * n + q], cosine, sine);
  a[p * n + q] = a[q * n + p] = 0;
}

// An element that is nothing beside both of its diagonal ones.
static int is_negligible(size_t n, const double *a, size_t p, size_t q) {
  return fabs(a[p * n + q]) <= DBL_EPSILON * sqrt(fabs(a[p * n + p])) * sqrt(fabs(a[q * n + q]));
}

void ig_symmetric_eigen_decompose(size_t n, double *a, double *values, double *vectors) {
  for (size_t i = 0; i < n * n; i++) vectors[i] = i % (n + 1) == 0;
  int rotations = 1;
  for (int sweep = 0; sweep < MOST_SWEEPS && rotations; sweep++) {
    rotations = 0;
    for (size_t p = 0; p < n; p++)
      for (size_t q = p + 1; q < n; q++)
        if (!is_negligible(n, a, p, q)) {
          annihilate(n, a, vectors, p, q);
          rotations++;
        }
  }
  for (size_t i = 0; i < n; i++) values[i] = a[i * n + i];
}
