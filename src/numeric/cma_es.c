#include "numeric/cma_es.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/random.h"
#include "numeric/symmetric_eigen.h"

// ---- constants --------------------------------------------------------------

typedef struct weight_sums {
  double positive, negative;    // of the magnitudes
  double squares[2], plain[2];  // [0] of the better half, [1] of the rest
} weight_sums;

static size_t parents_of(size_t population) { return population / 2; }

// w'_i = ln((population + 1) / 2) - ln i: table 1, (49).
static weight_sums begin_weights(ig_cma_es *c) {
  weight_sums sums = {0};
  for (size_t i = 0; i < c->population; i++) {
    const double w = log(((double)c->population + 1) / 2) - log((double)i + 1);
    const int half = i >= parents_of(c->population);
    sums.plain[half] += w;
    sums.squares[half] += w * w;
    *(w >= 0 ? &sums.positive : &sums.negative) += fabs(w);
    c->weights[i] = w;
  }
  return sums;
}

// Positive weights sum to 1, negative ones to what keeps the covariance positive: (50) to (53).
static void scale_weights(ig_cma_es *c, const weight_sums *sums, double mu_eff_negative) {
  const double n = (double)c->n, by_rates = 1 + c->c_1 / c->c_mu,
               by_mass = 1 + 2 * mu_eff_negative / (c->mu_eff + 2),
               by_positivity = (1 - c->c_1 - c->c_mu) / (n * c->c_mu);
  const double negative = fmin(fmin(by_rates, by_mass), by_positivity) / sums->negative;
  for (size_t i = 0; i < c->population; i++)
    c->weights[i] *= c->weights[i] >= 0 ? 1 / sums->positive : negative;
}

// Table 1, (54) to (58), and the mean length of a normal vector.
static void set_constants(ig_cma_es *c) {
  const double n = (double)c->n;
  const weight_sums sums = begin_weights(c);
  const double m = c->mu_eff = sums.plain[0] * sums.plain[0] / sums.squares[0];
  c->c_sigma = (m + 2) / (n + m + 5);
  c->d_sigma = 1 + 2 * fmax(0, sqrt((m - 1) / (n + 1)) - 1) + c->c_sigma;
  c->c_c = (4 + m / n) / (n + 4 + 2 * m / n);
  c->c_1 = 2 / ((n + 1.3) * (n + 1.3) + m);
  c->c_mu = fmin(1 - c->c_1, 2 * (0.25 + m + 1 / m - 2) / ((n + 2) * (n + 2) + m));
  c->chi_n = sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
  scale_weights(c, &sums, sums.plain[1] * sums.plain[1] / sums.squares[1]);
}

// ---- beginning and end ------------------------------------------------------

static ig_status allocate_all(ig_cma_es *c, ig_error *err) {
  const size_t n = c->n, rows = c->population + n + 3;
  double **const arrays[] = {&c->mean,    &c->path,  &c->step_path,  &c->scales,
                             &c->weights, &c->basis, &c->covariance, &c->scratch};
  const size_t sizes[] = {n, n, n, n, c->population, n * n, n * n, rows * n};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    *arrays[i] = ig_allocate(sizes[i], sizeof(double), err);
    if (!*arrays[i]) return IG_ERROR_MEMORY;
  }
  c->order = ig_allocate(c->population, sizeof *c->order, err);
  return c->order ? IG_OK : IG_ERROR_MEMORY;
}

ig_status ig_cma_es_make(const ig_cma_es_args *args, ig_cma_es *out, ig_error *err) {
  const size_t n = args->dimensions;
  *out = (ig_cma_es){.n = n, .seed = args->seed, .sigma = args->step};
  out->population = args->population ? args->population : 4 + (size_t)floor(3 * log((double)n));
  IG_TRY(allocate_all(out, err));
  memcpy(out->mean, args->start, n * sizeof *out->mean);
  for (size_t i = 0; i < n * n; i++) out->covariance[i] = out->basis[i] = i % (n + 1) == 0;
  for (size_t i = 0; i < n; i++) out->scales[i] = 1;
  set_constants(out);
  return IG_OK;
}

void ig_cma_es_free(ig_cma_es *c) {
  double *const arrays[] = {c->mean,    c->path,  c->step_path,  c->scales,
                            c->weights, c->basis, c->covariance, c->scratch};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) free(arrays[i]);
  free(c->order);
  *c = (ig_cma_es){0};
}

// ---- drawing ----------------------------------------------------------------

// y = B D z: (39).
static void stretch(const ig_cma_es *c, const double *z, double *y) {
  for (size_t i = 0; i < c->n; i++) {
    y[i] = 0;
    for (size_t k = 0; k < c->n; k++) y[i] += c->basis[i * c->n + k] * c->scales[k] * z[k];
  }
}

void ig_cma_es_ask(const ig_cma_es *c, double *x) {
  const uint64_t stream = ig_random_stream("cma_es");
  double *z = c->scratch;
  for (size_t p = 0; p < c->population; p++) {
    const uint64_t first = (c->generation * c->population + p) * c->n;
    double *y = x + p * c->n;
    for (size_t i = 0; i < c->n; i++) z[i] = ig_random_normal(c->seed, stream, first + i);
    stretch(c, z, y);
    for (size_t i = 0; i < c->n; i++) y[i] = c->mean[i] + c->sigma * y[i];
  }
}

// ---- adapting ---------------------------------------------------------------

// out = C^-1/2 y = B D^-1 B^T y; scratch (n).
static void whiten(const ig_cma_es *c, const double *y, double *scratch, double *out) {
  const size_t n = c->n;
  for (size_t k = 0; k < n; k++) {
    scratch[k] = 0;
    for (size_t i = 0; i < n; i++) scratch[k] += c->basis[i * n + k] * y[i];
    scratch[k] /= c->scales[k];
  }
  for (size_t i = 0; i < n; i++) {
    out[i] = 0;
    for (size_t k = 0; k < n; k++) out[i] += c->basis[i * n + k] * scratch[k];
  }
}

static double square_sum(const double *x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
  return sum;
}

// An insertion sort: it keeps the order of equal values, and populations are small.
static void rank(ig_cma_es *c, const double *values) {
  for (size_t i = 0; i < c->population; i++) {
    size_t at = i;
    for (; at > 0 && values[c->order[at - 1]] > values[i]; at--) c->order[at] = c->order[at - 1];
    c->order[at] = i;
  }
}

// What a generation adds to the covariance, (47), with y (population, n), the best first.
static void add_ranks(ig_cma_es *c, const double *y, double *scratch) {
  const size_t n = c->n;
  for (size_t p = 0; p < c->population; p++) {
    const double *one = y + p * n;
    double weight = c->weights[p];
    if (weight < 0) {
      whiten(c, one, scratch, scratch + n);
      weight *= (double)n / (square_sum(scratch + n, n) + DBL_MIN);
    }
    for (size_t i = 0; i < n; i++)
      for (size_t k = 0; k < n; k++) c->covariance[i * n + k] += c->c_mu * weight * one[i] * one[k];
  }
}

// h: false where the step grows too fast for the path, (45).
static void adapt_covariance(ig_cma_es *c, const double *y, bool h, double *scratch) {
  const size_t n = c->n;
  double sum = 0;
  for (size_t p = 0; p < c->population; p++) sum += c->weights[p];
  const double lost = h ? 0 : c->c_c * (2 - c->c_c);
  const double kept = 1 + c->c_1 * lost - c->c_1 - c->c_mu * sum;
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < n; k++)
      c->covariance[i * n + k] = kept * c->covariance[i * n + k] + c->c_1 * c->path[i] * c->path[k];
  add_ranks(c, y, scratch);
}

static void decompose(ig_cma_es *c, double *copy) {
  memcpy(copy, c->covariance, c->n * c->n * sizeof *copy);
  ig_symmetric_eigen_decompose(c->n, copy, c->scales, c->basis);
  // Rounding must not leave a direction that cannot be divided by.
  for (size_t i = 0; i < c->n; i++) c->scales[i] = sqrt(fmax(c->scales[i], DBL_MIN));
}

// Steps of the points, the best first: y (population, n), and of the mean, (41).
static void measure_steps(const ig_cma_es *c, const double *x, double *y, double *step) {
  const size_t n = c->n;
  memset(step, 0, n * sizeof *step);
  for (size_t p = 0; p < c->population; p++)
    for (size_t i = 0; i < n; i++) {
      y[p * n + i] = (x[c->order[p] * n + i] - c->mean[i]) / c->sigma;
      if (p < parents_of(c->population)) step[i] += c->weights[p] * y[p * n + i];
    }
}

void ig_cma_es_tell(ig_cma_es *c, const double *x, const double *values) {
  const size_t n = c->n;
  double *y = c->scratch, *step = y + c->population * n, *rest = step + n;
  rank(c, values);
  measure_steps(c, x, y, step);
  for (size_t i = 0; i < n; i++) c->mean[i] += c->sigma * step[i];
  const double move = sqrt(c->c_sigma * (2 - c->c_sigma) * c->mu_eff),
               move_path = sqrt(c->c_c * (2 - c->c_c) * c->mu_eff);
  whiten(c, step, rest, rest + n);
  for (size_t i = 0; i < n; i++)
    c->step_path[i] = (1 - c->c_sigma) * c->step_path[i] + move * rest[n + i];
  c->generation++;
  const double length = sqrt(square_sum(c->step_path, n)),
               usual = sqrt(1 - pow(1 - c->c_sigma, 2 * (double)c->generation));
  const bool h = length / usual < (1.4 + 2 / ((double)n + 1)) * c->chi_n;
  for (size_t i = 0; i < n; i++)
    c->path[i] = (1 - c->c_c) * c->path[i] + (h ? move_path * step[i] : 0);
  adapt_covariance(c, y, h, rest);
  c->sigma *= exp(c->c_sigma / c->d_sigma * (length / c->chi_n - 1));
  decompose(c, y);
}
