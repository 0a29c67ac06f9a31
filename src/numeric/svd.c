#include "numeric/svd.h"

#include <float.h>
#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 8, SWEEPS = 60 };  // pairs of a task; sweeps at most: some 8 are usual

// ---- memory -----------------------------------------------------------------

static size_t shorter(size_t rows, size_t columns) { return rows < columns ? rows : columns; }
static size_t longer(size_t rows, size_t columns) { return rows > columns ? rows : columns; }

size_t ig_svd_size(size_t rows, size_t columns) {
  const size_t n = shorter(rows, columns), m = longer(rows, columns);
  size_t tall, square, doubles;
  if (__builtin_mul_overflow(m, n, &tall) || __builtin_mul_overflow(tall, 2, &tall)) return 0;
  if (__builtin_mul_overflow(n, n, &square) || __builtin_mul_overflow(square, 3, &square)) return 0;
  if (__builtin_add_overflow(tall, square, &doubles) ||
      __builtin_add_overflow(doubles, 4 * n, &doubles))
    return 0;
  return doubles > SIZE_MAX / sizeof(double) ? 0 : doubles * sizeof(double);
}

ig_svd ig_svd_lay_out(size_t rows, size_t columns, void *memory) {
  const size_t n = shorter(rows, columns);
  ig_svd s = {.rows = rows, .columns = columns, .count = n};
  double *at = memory;
  s.input = at, at += rows * columns;
  s.left = at, at += n * rows;
  s.right = at, at += n * columns;
  s.r = at, at += n * n;
  s.w = at, at += n * n;
  s.values = at, at += n;
  s.diagonal = at, at += n;
  s.norms = at, at += n;
  s.order = (size_t *)(void *)at;
  return s;
}

// ---- vectors ----------------------------------------------------------------

// Eight sums side by side: an order that does not depend on the instruction set, and that compilers
// make vectors of.
static double dot(size_t count, const double *restrict x, const double *restrict y) {
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

// ---- QR: the input's long vectors (count, m) become reflectors, R stands before their beginnings
// and in `diagonal` -----------------------------

typedef struct work {
  ig_svd *svd;
  size_t m;       // the long side
  size_t column;  // of the reflector at hand
  double *tall;   // (count, m): where vectors of the long side are made
  double floor;   // squared norms not above it count as zero
  size_t round;   // of a sweep
  atomic_bool rotated;
} work;

static double *long_vector(const work *w, size_t index) { return w->svd->input + index * w->m; }

// H = 1 - 2 v v^T / |v|^2 of the reflector's column; norms holds 2 / |v|^2, 0: H is the identity.
static void reflect(const work *w, size_t column, double *x) {
  const double *v = long_vector(w, column) + column;
  const double factor = w->svd->norms[column];
  if (factor != 0)
    add_scaled(w->m - column, -factor * dot(w->m - column, v, x + column), v, x + column);
}

static void make_reflector(work *w, size_t column) {
  double *x = long_vector(w, column) + column;
  const double norm = sqrt(dot(w->m - column, x, x));
  const double to = x[0] > 0 ? -norm : norm;
  w->svd->diagonal[column] = to;
  x[0] -= to;
  const double squared = dot(w->m - column, x, x);
  w->svd->norms[column] = squared > 0 ? 2 / squared : 0;
}

static void reflect_task(void *context, size_t index, int worker) {
  const work *w = context;
  (void)worker;
  reflect(w, w->column, long_vector(w, w->column + 1 + index));
}

static void factorize(work *w, ig_pool *pool) {
  const size_t n = w->svd->count;
  for (w->column = 0; w->column < n; w->column++) {
    make_reflector(w, w->column);
    ig_pool_run(pool, n - 1 - w->column, reflect_task, w);
  }
}

// r: R transposed, one vector per row of R. w: the identity.
static void begin_rotations(work *w) {
  const ig_svd *s = w->svd;
  const size_t n = s->count;
  for (size_t j = 0; j < n; j++)
    for (size_t k = 0; k < n; k++) {
      s->r[j * n + k] = k < j ? 0 : k == j ? s->diagonal[j] : long_vector(w, k)[j];
      s->w[j * n + k] = j == k;
    }
}

// ---- Jacobi: pairs of vectors of r are made orthogonal, until all are -------

static void make_orthogonal(work *w, size_t p, size_t q) {
  const ig_svd *s = w->svd;
  const size_t n = s->count;
  double *x = s->r + p * n, *y = s->r + q * n, *norms = s->values;
  if (norms[p] <= w->floor || norms[q] <= w->floor) return;
  const double d = dot(n, x, y);
  if (fabs(d) <= (double)n * DBL_EPSILON * sqrt(norms[p]) * sqrt(norms[q])) return;
  const double zeta = (norms[q] - norms[p]) / (2 * d);
  const double t = (zeta < 0 ? -1 : 1) / (fabs(zeta) + hypot(1, zeta));
  const double c = 1 / sqrt(1 + t * t);
  rotate(n, c, c * t, x, y);
  rotate(n, c, c * t, s->w + p * n, s->w + q * n);
  norms[p] = fmax(norms[p] - t * d, 0);
  norms[q] += t * d;
  atomic_store_explicit(&w->rotated, true, memory_order_relaxed);
}

// Each round of a round-robin tournament pairs every vector with another; with an odd number one of
// them pauses.
static void pairs_task(void *context, size_t index, int worker) {
  work *w = context;
  (void)worker;
  const size_t n = w->svd->count, circle = n + n % 2 - 1, pairs = (circle + 1) / 2;
  for (size_t i = index * PAIRS; i < pairs && i < (index + 1) * PAIRS; i++) {
    const size_t p = i == 0 ? circle : (w->round + i) % circle,
                 q = (w->round + circle - i) % circle;
    if (p < n && q < n) make_orthogonal(w, p < q ? p : q, p < q ? q : p);
  }
}

static void measure(const work *w) {
  const size_t n = w->svd->count;
  for (size_t j = 0; j < n; j++) w->svd->values[j] = dot(n, w->svd->r + j * n, w->svd->r + j * n);
}

static void sweep_all(work *w, ig_pool *pool) {
  const size_t n = w->svd->count, circle = n + n % 2 - 1, pairs = (circle + 1) / 2;
  for (int sweep = 0; sweep < SWEEPS; sweep++) {
    atomic_store(&w->rotated, false);
    measure(w);
    for (w->round = 0; w->round < circle && n > 1; w->round++)
      ig_pool_run(pool, (pairs + PAIRS - 1) / PAIRS, pairs_task, w);
    if (!atomic_load(&w->rotated)) return;
  }
  measure(w);
}

// ---- the results ------------------------------------------------------------

typedef struct ranked {
  double squared;
  size_t index;
} ranked;

static int by_size(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  return x->squared > y->squared   ? -1
         : x->squared < y->squared ? 1
         : x->index < y->index     ? -1
                                   : x->index > y->index;
}

// What is sorted lies where the long vectors will be made; of a matrix of one value it also reaches
// into the short vector behind.
static void order_values(work *w) {
  ig_svd *s = w->svd;
  ranked *all = (ranked *)(void *)w->tall;
  for (size_t i = 0; i < s->count; i++) all[i] = (ranked){s->values[i], i};
  qsort(all, s->count, sizeof *all, by_size);
  s->rank = 0;
  for (size_t i = 0; i < s->count; i++) {
    s->order[i] = all[i].index;
    s->values[i] = all[i].squared > w->floor ? sqrt(all[i].squared) : 0;
    s->rank += s->values[i] > 0;
  }
}

// The vectors of one singular value: Q w on the long side, r over its length on the short one.
static void vectors_task(void *context, size_t index, int worker) {
  const work *w = context;
  const ig_svd *s = w->svd;
  (void)worker;
  const size_t n = s->count, from = s->order[index];
  double *tall = w->tall + index * w->m,
         *brief = (s->rows >= s->columns ? s->right : s->left) + index * n;
  memset(tall, 0, w->m * sizeof *tall);
  memset(brief, 0, n * sizeof *brief);
  if (index >= s->rank) return;
  memcpy(tall, s->w + from * n, n * sizeof *tall);
  for (size_t column = n; column-- > 0;) reflect(w, column, tall);
  for (size_t k = 0; k < n; k++) brief[k] = s->r[from * n + k] / s->values[index];
}

void ig_svd_decompose(ig_svd *s, ig_pool *pool) {
  work w = {.svd = s,
            .m = longer(s->rows, s->columns),
            .tall = s->rows >= s->columns ? s->left : s->right};
  if (s->count == 0) return;
  const double bound = (double)w.m * DBL_EPSILON;
  w.floor = bound * bound * dot(s->rows * s->columns, s->input, s->input);
  factorize(&w, pool);
  begin_rotations(&w);
  sweep_all(&w, pool);
  order_values(&w);
  ig_pool_run(pool, s->count, vectors_task, &w);
}
