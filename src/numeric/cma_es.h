// CMA-ES, the evolution strategy that adapts the covariance matrix of what it draws: it minimises a
// function of which only values are known, by their order alone. The equations are those of Hansen,
// "The CMA Evolution Strategy: A Tutorial" (arXiv:1604.00772, figure 6), with negative weights and
// its default parameters.
//
// A generation: ig_cma_es_ask, the function of each point, ig_cma_es_tell.
#ifndef IG_NUMERIC_CMA_ES_H
#define IG_NUMERIC_CMA_ES_H
#include <stdint.h>
#include "ingot/core.h"

typedef struct ig_cma_es_args {
  size_t dimensions;
  size_t population;    // points of a generation; 0: 4 + floor(3 ln dimensions)
  const double *start;  // (dimensions): the first mean
  double step;          // the first standard deviation, of each dimension
  uint64_t seed;
} ig_cma_es_args;

// n: dimensions. All arrays are the structure's own.
typedef struct ig_cma_es {
  size_t n, population, generation;
  uint64_t seed;
  // what it has adapted
  double *mean;        // (n)
  double sigma;        // the step
  double *covariance;  // (n, n)
  double *path;        // (n): p_c, of the mean
  double *step_path;   // (n): p_sigma, of the mean in the coordinates of the covariance
  // constants, by the tutorial's names
  double *weights;  // (population)
  double mu_eff, c_c, c_1, c_mu, c_sigma, d_sigma, chi_n;
  // of the covariance: eigenvectors in columns, square roots of eigenvalues
  double *basis, *scales;  // (n, n), (n)
  double *scratch;         // (population + n + 3, n)
  size_t *order;           // (population)
} ig_cma_es;

// ig_cma_es_free in any case.
ig_status ig_cma_es_make(const ig_cma_es_args *args, ig_cma_es *out, ig_error *err);
void ig_cma_es_free(ig_cma_es *cma);
// Draws the points of the generation, x (population, n). The same points for the same seed and the
// same values so far.
void ig_cma_es_ask(const ig_cma_es *cma, double *x);
// values (population): of the points, none of them NaN. Points of equal value count in their order.
void ig_cma_es_tell(ig_cma_es *cma, const double *x, const double *values);
#endif
