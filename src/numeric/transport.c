// Sinkhorn's iteration in the logarithmic domain   (Peyre and Cuturi 2019, "Computational Optimal
// Transport", 4.4): T[i][j] = exp((gain[i][j] - u[i] - v[j]) / r), with prices that are set in
// turn, those of rows so that rows sum to 1, then those of columns:
//   u[i] = r log sum over j of exp((gain[i][j] - v[j]) / r),  v[j] likewise
// A small r is come to from a large one by halves, each beginning with the prices of the one before
// (4.1 there), for from far away its rounds hardly move.
//
// Exponentials are most of the work, so between two rounds of prices T stays as it is, and its rows
// and columns get factors, T[i][j] a[i] b[j], which are set in turn in the same way, as sums of
// products. They become prices when they are too large or too small to go on
// (Schmitzer 2019, "Stabilized Sparse Scaling Algorithms", 3.1).
#include "numeric/transport.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/size.h"
#include "numeric/sums.h"

enum {
  COLUMNS = 8,        // of a task: the doubles of a cache line
  ROUGH_ROUNDS = 30,  // at most, of a regularization on the way
  MOST_ROUNDS = 2000  // at the last, but no more than would go through
};
static const double most_terms = 5e8;  // of that many, in all rounds
static const double tolerance = 1e-9, rough_tolerance = 1e-3;
static const double largest_factor = 1e30;  // and the smallest is its reciprocal

ig_status ig_transport_create(size_t capacity, ig_transport *out, ig_error *err) {
  out->capacity = capacity;
  out->row_price = ig_allocate(capacity, sizeof *out->row_price, err);
  out->column_price = ig_allocate(capacity, sizeof *out->column_price, err);
  out->next = ig_allocate(capacity, sizeof *out->next, err);
  out->row_factor = ig_allocate(capacity, sizeof *out->row_factor, err);
  out->column_factor = ig_allocate(capacity, sizeof *out->column_factor, err);
  return out->row_price && out->column_price && out->next && out->row_factor && out->column_factor
             ? IG_OK
             : IG_ERROR_MEMORY;
}

void ig_transport_free(ig_transport *t) {
  free(t->row_price);
  free(t->column_price);
  free(t->next);
  free(t->row_factor);
  free(t->column_factor);
  *t = (ig_transport){0};
}

size_t ig_transport_memory(size_t capacity) { return 5 * capacity * sizeof(double); }

// ---- one round --------------------------------------------------------------

typedef struct transport_run {
  const ig_transport_problem *problem;
  ig_transport *transport;
  double regularization;  // the present one
  double *t;              // (n, n): T by the present prices, from fill_row on
  bool scaled;            // the last rounds were of factors of it
} transport_run;

static double exponent(const transport_run *r, size_t i, size_t j) {
  const ig_assignment_gains *g = &r->problem->gains;
  return (g->gain[i * g->stride + j] - r->transport->column_price[j]) / r->regularization;
}

static void set_row(void *context, size_t i, int worker) {
  (void)worker;
  transport_run *r = context;
  double most = -INFINITY, sum = 0;
  for (size_t j = 0; j < r->problem->gains.n; j++) most = fmax(most, exponent(r, i, j));
  for (size_t j = 0; j < r->problem->gains.n; j++) sum += exp(exponent(r, i, j) - most);
  r->transport->row_price[i] = r->regularization * (most + log(sum));
}

static void set_columns(void *context, size_t task, int worker) {
  (void)worker;
  transport_run *r = context;
  const ig_assignment_gains *g = &r->problem->gains;
  const double regularization = r->regularization, *u = r->transport->row_price;
  const size_t first = task * COLUMNS, count = ig_size_smaller(COLUMNS, g->n - first);
  double most[COLUMNS], sum[COLUMNS] = {0};
  for (size_t k = 0; k < count; k++) most[k] = -INFINITY;
  for (size_t i = 0; i < g->n; i++)
    for (size_t k = 0; k < count; k++)
      most[k] = fmax(most[k], (g->gain[i * g->stride + first + k] - u[i]) / regularization);
  for (size_t i = 0; i < g->n; i++)
    for (size_t k = 0; k < count; k++)
      sum[k] += exp((g->gain[i * g->stride + first + k] - u[i]) / regularization - most[k]);
  for (size_t k = 0; k < count; k++)
    r->transport->next[first + k] = regularization * (most[k] + log(sum[k]));
}

// Sets the prices of rows, and finds those of columns that would follow. Returns how far a column's
// sum is from 1 at most: it is exp((next - present) / r).
static double run_round(transport_run *r) {
  const size_t n = r->problem->gains.n;
  ig_pool_run(r->problem->pool, n, set_row, r);
  ig_pool_run(r->problem->pool, (n + COLUMNS - 1) / COLUMNS, set_columns, r);
  double most = 0;
  for (size_t j = 0; j < n; j++) {
    const double change = r->transport->next[j] - r->transport->column_price[j];
    most = fmax(most, fabs(exp(change / r->regularization) - 1));
  }
  return most;
}

// ---- rounds of factors --------------------------------------------------------

// T by the prices.
static void fill_row(void *context, size_t i, int worker) {
  (void)worker;
  const transport_run *r = context;
  const size_t n = r->problem->gains.n;
  const double price = r->transport->row_price[i] / r->regularization;
  for (size_t j = 0; j < n; j++) r->t[i * n + j] = exp(exponent(r, i, j) - price);
}

// The factor by which the row sums to 1.
static void scale_row(void *context, size_t i, int worker) {
  (void)worker;
  const transport_run *r = context;
  const size_t n = r->problem->gains.n;
  r->transport->row_factor[i] =
      1 / ig_sums_of_double_products(n, r->t + i * n, r->transport->column_factor);
}

// Those by which columns would sum to 1, to next.
static void scale_columns(void *context, size_t task, int worker) {
  (void)worker;
  const transport_run *r = context;
  const size_t n = r->problem->gains.n, first = task * COLUMNS,
               count = ig_size_smaller(COLUMNS, n - first);
  double sum[COLUMNS] = {0};
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < count; k++)
      sum[k] += r->t[i * n + first + k] * r->transport->row_factor[i];
  for (size_t k = 0; k < count; k++) r->transport->next[first + k] = 1 / sum[k];
}

static bool is_in_range(const double *factors, size_t n) {
  bool in_range = true;
  for (size_t i = 0; i < n; i++)
    in_range &= factors[i] < largest_factor && factors[i] > 1 / largest_factor;
  return in_range;
}

// As run_round, of factors. false: they are out of range, and those before it hold.
static bool run_factors(transport_run *r, double *error) {
  ig_transport *t = r->transport;
  const size_t n = r->problem->gains.n;
  ig_pool_run(r->problem->pool, n, scale_row, r);
  if (!is_in_range(t->row_factor, n)) return false;
  ig_pool_run(r->problem->pool, (n + COLUMNS - 1) / COLUMNS, scale_columns, r);
  if (!is_in_range(t->next, n)) return false;
  *error = 0;
  for (size_t j = 0; j < n; j++) *error = fmax(*error, fabs(t->column_factor[j] / t->next[j] - 1));
  return true;
}

// Columns' factors become prices; rounds of prices begin with those of rows.
static void keep_factors(transport_run *r) {
  ig_transport *t = r->transport;
  for (size_t j = 0; j < r->problem->gains.n; j++)
    t->column_price[j] -= r->regularization * log(t->column_factor[j]);
}

// ---- rounds until they are enough -----------------------------------------------

typedef struct transport_end {
  int most;       // rounds, in all
  double wanted;  // how far columns' sums may be from 1
} transport_end;

static bool is_over(const transport_run *r, const transport_end *end, int rounds, double error) {
  return !(error > end->wanted) || rounds >= end->most || ig_interrupt_seen(r->problem->watch);
}

// Rounds of factors, from T by the prices on. *rounds counts them. true: it is over.
static bool scale(transport_run *r, const transport_end *end, int *rounds, double *error) {
  ig_transport *t = r->transport;
  const size_t n = r->problem->gains.n;
  ig_pool_run(r->problem->pool, n, fill_row, r);
  for (size_t j = 0; j < n; j++) t->column_factor[j] = 1;
  while (run_factors(r, error)) {
    if (is_over(r, end, ++*rounds, *error)) return true;
    memcpy(t->column_factor, t->next, n * sizeof *t->next);
  }
  return false;
}

// Runs rounds until they are enough. Returns how far columns' sums are from 1.
static double run_rounds(transport_run *r, const transport_end *end) {
  ig_transport *t = r->transport;
  for (int rounds = 0;;) {
    double error = run_round(r);
    r->scaled = false;
    if (is_over(r, end, ++rounds, error)) return error;
    memcpy(t->column_price, t->next, r->problem->gains.n * sizeof *t->next);
    r->scaled = scale(r, end, &rounds, &error);
    keep_factors(r);
    if (r->scaled) return error;
  }
}

// Prices in place of the factors would be rounded, which a small regularization shows.
static void multiply_row(void *context, size_t i, int worker) {
  (void)worker;
  const transport_run *r = context;
  const size_t n = r->problem->gains.n;
  for (size_t j = 0; j < n; j++)
    r->t[i * n + j] *= r->transport->row_factor[i] * r->transport->column_factor[j];
}

// ---- the whole --------------------------------------------------------------

static double largest_gain(const ig_assignment_gains *g) {
  double most = 0;
  for (size_t i = 0; i < g->n; i++)
    for (size_t j = 0; j < g->n; j++) most = fmax(most, fabs(g->gain[i * g->stride + j]));
  return most;
}

static int most_rounds(size_t n) {
  const double rounds = most_terms / ((double)n * (double)n);
  return rounds > MOST_ROUNDS ? MOST_ROUNDS : (int)rounds + 1;
}

double ig_transport_solve(ig_transport *t, const ig_transport_problem *problem, double *out) {
  transport_run r = {.problem = problem, .transport = t, .t = out};
  const size_t n = problem->gains.n;
  memset(t->column_price, 0, n * sizeof *t->column_price);
  for (r.regularization = largest_gain(&problem->gains); r.regularization > problem->regularization;
       r.regularization /= 2)
    run_rounds(&r, &(transport_end){ROUGH_ROUNDS, rough_tolerance});
  r.regularization = problem->regularization;
  const double error = run_rounds(&r, &(transport_end){most_rounds(n), tolerance});
  ig_pool_run(problem->pool, n, r.scaled ? multiply_row : fill_row, &r);
  return error;
}
