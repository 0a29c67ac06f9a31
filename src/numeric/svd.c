#include "numeric/svd.h"

#include <float.h>
#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Pairs of vectors in a task; the most sweeps (about 8 are usual).
enum { PAIRS = 8, SWEEPS = 60 };

// ---- memory -----------------------------------------------------------------

static size_t short_side(size_t rows, size_t columns) { return rows < columns ? rows : columns; }
static size_t long_side(size_t rows, size_t columns) { return rows > columns ? rows : columns; }

size_t ig_svd_size(size_t rows, size_t columns) {
  const size_t n = short_side(rows, columns), m = long_side(rows, columns);
  size_t tall, square, doubles;
  if (__builtin_mul_overflow(m, n, &tall) || __builtin_mul_overflow(tall, 2, &tall)) return 0;
  if (__builtin_mul_overflow(n, n, &square) || __builtin_mul_overflow(square, 3, &square)) return 0;
  if (__builtin_add_overflow(tall, square, &doubles) ||
      __builtin_add_overflow(doubles, 4 * n, &doubles))
    return 0;
  return doubles > SIZE_MAX / sizeof(double) ? 0 : doubles * sizeof(double);
}

static double *take_doubles(double **at, size_t count) {
  double *taken = *at;
  *at += count;
  return taken;
}

ig_svd ig_svd_lay_out(size_t rows, size_t columns, void *memory) {
  const size_t n = short_side(rows, columns);
  ig_svd s = {.rows = rows, .columns = columns, .count = n};
  double *at = memory;
  s.input = take_doubles(&at, rows * columns);
  s.left = take_doubles(&at, n * rows);
  s.right = take_doubles(&at, n * columns);
  s.r = take_doubles(&at, n * n);
  s.w = take_doubles(&at, n * n);
  s.values = take_doubles(&at, n);
  s.diagonal = take_doubles(&at, n);
  s.norms = take_doubles(&at, n);
  s.order = (size_t *)(void *)at;
  return s;
}

// ---- vectors ----------------------------------------------------------------

// Eight sums side by side: this order does not depend on the instruction set, and compilers turn it
// into vector instructions.
static double dot_double(size_t count, const double *restrict x, const double *restrict y) {
  double sums[8] = {0}, rest = 0;
  size_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (size_t k = 0; k < 8; k++) sums[k] += x[i + k] * y[i + k];
  for (; i < count; i++) rest += x[i] * y[i];
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7])) +
         rest;
}

static void add_scaled(size_t count, double factor, const double *restrict x, double *restrict y) {
  for (size_t i = 0; i < count; i++) y[i] += factor * x[i];
}

// x, y <- c x - s y, s x + c y
static void rotate(size_t count, double c, double s, double *restrict x, double *restrict y) {
  for (size_t i = 0; i < count; i++) {
    const double a = x[i], b = y[i];
    x[i] = c * a - s * b;
    y[i] = s * a + c * b;
  }
}

// ---- QR ---------------------------------------------------------------------
// The input's vectors along the long side (count, m) are replaced by reflectors. Reflector k begins
// at element k of vector k; the elements before it are column k of R above the diagonal, and the
// diagonal of R is in `diagonal`.

typedef struct decomposition {
  ig_svd *svd;
  size_t m;             // length of the long side
  size_t column;        // of the reflector that is being applied
  double *tall;         // (count, m): the singular vectors along the long side, when they are made
  double floor;         // a squared norm not above it counts as zero
  size_t round;         // of a sweep
  atomic_bool rotated;  // in this sweep
} decomposition;

static double *long_vector(const decomposition *d, size_t index) {
  return d->svd->input + index * d->m;
}

// x (m) <- H x, H = 1 - 2 v v^T / |v|^2 with the reflector v of the column. norms holds 2 / |v|^2;
// 0: H is the identity.
static void reflect(const decomposition *d, size_t column, double *x) {
  const double *v = long_vector(d, column) + column;
  const double factor = d->svd->norms[column];
  if (factor != 0)
    add_scaled(d->m - column, -factor * dot_double(d->m - column, v, x + column), v, x + column);
}

static void make_reflector(decomposition *d, size_t column) {
  double *x = long_vector(d, column) + column;
  const double norm = sqrt(dot_double(d->m - column, x, x));
  const double to = x[0] > 0 ? -norm : norm;
  d->svd->diagonal[column] = to;
  x[0] -= to;
  const double squared = dot_double(d->m - column, x, x);
  d->svd->norms[column] = squared > 0 ? 2 / squared : 0;
}

static void reflect_task(void *context, size_t index, int worker) {
  const decomposition *d = context;
  (void)worker;
  reflect(d, d->column, long_vector(d, d->column + 1 + index));
}

static void factorize_qr(decomposition *d, ig_pool *pool) {
  const size_t n = d->svd->count;
  for (d->column = 0; d->column < n; d->column++) {
    make_reflector(d, d->column);
    ig_pool_run(pool, n - 1 - d->column, reflect_task, d);
  }
}

// Sets r to R transposed, one vector for each row of R, and w to the identity.
static void begin_rotations(decomposition *d) {
  const ig_svd *s = d->svd;
  const size_t n = s->count;
  for (size_t j = 0; j < n; j++)
    for (size_t k = 0; k < n; k++) {
      s->r[j * n + k] = k < j ? 0 : k == j ? s->diagonal[j] : long_vector(d, k)[j];
      s->w[j * n + k] = j == k;
    }
}

// ---- Jacobi -----------------------------------------------------------------
// Pairs of vectors of r are made orthogonal, again and again, until all are. w collects the
// rotations.

static void make_orthogonal(decomposition *d, size_t p, size_t q) {
  const ig_svd *s = d->svd;
  const size_t n = s->count;
  double *x = s->r + p * n, *y = s->r + q * n, *norms = s->values;
  if (norms[p] <= d->floor || norms[q] <= d->floor) return;
  const double product = dot_double(n, x, y);
  if (fabs(product) <= (double)n * DBL_EPSILON * sqrt(norms[p]) * sqrt(norms[q])) return;
  const double zeta = (norms[q] - norms[p]) / (2 * product);
  const double t = (zeta < 0 ? -1 : 1) / (fabs(zeta) + hypot(1, zeta));
  const double c = 1 / sqrt(1 + t * t);
  rotate(n, c, c * t, x, y);
  rotate(n, c, c * t, s->w + p * n, s->w + q * n);
  norms[p] = fmax(norms[p] - t * product, 0);
  norms[q] += t * product;
  atomic_store_explicit(&d->rotated, true, memory_order_relaxed);
}

// A sweep is a round-robin tournament: each round pairs every vector with another one, and all
// pairs of a round are disjoint. With an odd number of vectors one of them pauses.
static void rotate_task(void *context, size_t index, int worker) {
  decomposition *d = context;
  (void)worker;
  const size_t n = d->svd->count, circle = n + n % 2 - 1, pairs = (circle + 1) / 2;
  for (size_t i = index * PAIRS; i < pairs && i < (index + 1) * PAIRS; i++) {
    const size_t p = i == 0 ? circle : (d->round + i) % circle,
                 q = (d->round + circle - i) % circle;
    if (p < n && q < n) make_orthogonal(d, p < q ? p : q, p < q ? q : p);
  }
}

static void measure_squared_norms(const decomposition *d) {
  const size_t n = d->svd->count;
  for (size_t j = 0; j < n; j++)
    d->svd->values[j] = dot_double(n, d->svd->r + j * n, d->svd->r + j * n);
}

static void rotate_until_orthogonal(decomposition *d, ig_pool *pool) {
  const size_t n = d->svd->count, circle = n + n % 2 - 1, pairs = (circle + 1) / 2;
  const size_t rounds = n > 1 ? circle : 0;
  for (int sweep = 0; sweep < SWEEPS; sweep++) {
    atomic_store(&d->rotated, false);
    measure_squared_norms(d);
    for (d->round = 0; d->round < rounds; d->round++)
      ig_pool_run(pool, (pairs + PAIRS - 1) / PAIRS, rotate_task, d);
    if (!atomic_load(&d->rotated)) return;
  }
  measure_squared_norms(d);
}

// ---- the results ------------------------------------------------------------

typedef struct ranked_norm {
  double squared;
  size_t index;
} ranked_norm;

// Descending; equal ones by index.
static int compare_norms(const void *a, const void *b) {
  const ranked_norm *x = a, *y = b;
  return x->squared > y->squared   ? -1
         : x->squared < y->squared ? 1
         : x->index < y->index     ? -1
                                   : x->index > y->index;
}

// Sets values, order and rank. What is sorted is kept where the long vectors will be made; of a
// matrix of one value it also reaches into the short vector, which comes after.
static void order_values(decomposition *d) {
  ig_svd *s = d->svd;
  ranked_norm *all = (ranked_norm *)(void *)d->tall;
  for (size_t i = 0; i < s->count; i++) all[i] = (ranked_norm){s->values[i], i};
  qsort(all, s->count, sizeof *all, compare_norms);
  s->rank = 0;
  for (size_t i = 0; i < s->count; i++) {
    s->order[i] = all[i].index;
    s->values[i] = all[i].squared > d->floor ? sqrt(all[i].squared) : 0;
    s->rank += s->values[i] > 0;
  }
}

// Makes the two vectors of one singular value: Q w along the long side, and r divided by its length
// along the short side.
static void make_vectors_task(void *context, size_t index, int worker) {
  const decomposition *d = context;
  const ig_svd *s = d->svd;
  (void)worker;
  const size_t n = s->count, from = s->order[index];
  double *tall = d->tall + index * d->m,
         *brief = (s->rows >= s->columns ? s->right : s->left) + index * n;
  memset(tall, 0, d->m * sizeof *tall);
  memset(brief, 0, n * sizeof *brief);
  if (index >= s->rank) return;
  memcpy(tall, s->w + from * n, n * sizeof *tall);
  for (size_t column = n; column-- > 0;) reflect(d, column, tall);
  for (size_t k = 0; k < n; k++) brief[k] = s->r[from * n + k] / s->values[index];
}

void ig_svd_decompose(ig_svd *s, ig_pool *pool) {
  decomposition d = {.svd = s,
                     .m = long_side(s->rows, s->columns),
                     .tall = s->rows >= s->columns ? s->left : s->right};
  if (s->count == 0) return;
  const double bound = (double)d.m * DBL_EPSILON;
  d.floor = bound * bound * dot_double(s->rows * s->columns, s->input, s->input);
  factorize_qr(&d, pool);
  begin_rotations(&d);
  rotate_until_orthogonal(&d, pool);
  order_values(&d);
  ig_pool_run(pool, s->count, make_vectors_task, &d);
}
