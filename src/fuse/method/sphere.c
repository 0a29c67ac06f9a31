// Means on the sphere. Norms and directions of whole tensors are averaged apart: the result is the
// mean norm in the mean direction, which is
//   multislerp: of sum_i w_i u_i. (The mean is then to be corrected along its tangents; at this
//   point they add up to nothing.) karcher: nearest to all u_i by squared angles (Karcher 1977),
//   found step by step: m goes along the mean of the arcs to the u_i.
// Every vector on the way is a sum of the inputs: their products, gathered once, are enough to find
// its coefficients.
#include <math.h>
#include "fuse/method/methods.h"

enum { WEIGHT, NORMALIZE_WEIGHTS, EPS };
enum { MAX_ITER, TOL };
static const double NO_WEIGHT = 1e-8;
// Directions that all but cancel out have no mean, as an arc to the opposite point has no
// direction: what is left of them is rounding.
static const double CANCELLED = 1e-6;

// Products of the inputs, by the lower triangle.
static size_t at(size_t i, size_t j) { return i > j ? i * (i + 1) / 2 + j : j * (j + 1) / 2 + i; }

static size_t sums(const ig_merge_tensor *m, int pass) {
  (void)pass;
  return at(m->inputs, 0);
}

// A coefficient for each input.
static size_t state_size(const ig_merge_tensor *m) { return m->inputs * sizeof(double); }

static double product(const double *products, size_t inputs, const double *a, const double *b) {
  double sum = 0;
  for (size_t i = 0; i < inputs; i++)
    for (size_t j = 0; j < inputs; j++) sum += a[i] * b[j] * products[at(i, j)];
  return sum;
}

static double norm(const double *products, size_t inputs, const double *a) {
  return sqrt(fmax(product(products, inputs, a, a), 0));
}

static void gather(const ig_merge_tensor *m, int pass, const ig_merge_block *b, ig_gathered *to) {
  (void)pass;
  for (size_t j = 0; j < m->inputs; j++)
    for (size_t k = 0; k <= j; k++) {
      const float *x = b->x[j], *y = b->x[k], *base = b->base;
      double sum = 0;
      if (base)
        for (size_t i = 0; i < b->count; i++)
          sum += (double)(x[i] - base[i]) * (double)(y[i] - base[i]);
      else
        for (size_t i = 0; i < b->count; i++) sum += (double)x[i] * (double)y[i];
      to->sums[at(j, k)] = sum;
    }
}

static void combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  const double *c = m->state;
  for (size_t i = 0; i < b->count; i++) {
    const float base = b->base ? b->base[i] : 0;
    double sum = (double)base;
    for (size_t k = 0; k < m->inputs; k++)
      sum += c[k] * (double)(b->base ? b->x[k][i] - base : b->x[k][i]);
    out[i] = (float)sum;
  }
}

// ---- multislerp -------------------------------------------------------------

static void end_multislerp(ig_merge_tensor *m, int pass, const ig_gathered *all) {
  (void)pass;
  double *c = m->state, weight[IG_METHOD_INPUTS], sum = 0, magnitude = 0, length = 0;
  for (size_t i = 0; i < m->inputs; i++) sum += m->of_model[i][WEIGHT];
  const double divisor = m->shared[NORMALIZE_WEIGHTS] != 0 && fabs(sum) >= NO_WEIGHT ? sum : 1;
  for (size_t i = 0; i < m->inputs; i++) {
    const double own = sqrt(all->sums[at(i, i)]);
    weight[i] = m->inputs == 1 ? 1 : m->of_model[i][WEIGHT] / divisor;
    c[i] = own > 0 ? weight[i] / (own + m->shared[EPS]) : 0;
    magnitude += fabs(c[i]) * own;
    length += weight[i] * own;
  }
  const double mean = norm(all->sums, m->inputs, c);
  const bool cancelled = mean < m->shared[EPS] || mean <= CANCELLED * magnitude;
  for (size_t i = 0; i < m->inputs; i++) c[i] = cancelled ? weight[i] : c[i] / mean * length;
}

const ig_method ig_method_multislerp = {
    .name = "multislerp",
    .summary = "mean direction and mean norm, weighted",
    .base = IG_BASE_USE_OPTIONAL,
    .least_inputs = 1,
    .most_inputs = IG_METHOD_INPUTS,
    .parameters = {{"weight", IG_VALUE_NUMBER, true, true, 1, -INFINITY, INFINITY},
                   {"normalize_weights", IG_VALUE_FLAG, false, false, 1, 0, 1},
                   {"eps", IG_VALUE_NUMBER, false, false, 1e-8, 0, 1}},
    .passes = 1,
    .state_size = state_size,
    .sums = sums,
    .gather = gather,
    .end_pass = end_multislerp,
    .combine = combine};

// ---- karcher ----------------------------------------------------------------

// Divides by the norm; false where there is none.
static bool normalize(const double *products, size_t inputs, double least, double *c) {
  const double length = norm(products, inputs, c);
  for (size_t i = 0; i < inputs && length > least; i++) c[i] /= length;
  return length > least;
}

// One step of the mean c, coefficients over the inputs; inverse: of their norms, 0: left out.
// false: it stands still.
static bool step(const double *products, size_t inputs, const double *inverse, double least,
                 double *c) {
  double tangent[IG_METHOD_INPUTS] = {0}, back = 0;
  for (size_t i = 0; i < inputs; i++) {
    if (inverse[i] == 0) continue;
    double cosine = 0;
    for (size_t j = 0; j < inputs; j++) cosine += c[j] * products[at(i, j)] * inverse[i];
    const double angle = acos(fmin(fmax(cosine, -1), 1));
    if (angle < least || angle > acos(-1) - CANCELLED) continue;
    const double pull = angle / sin(angle) / (double)inputs;
    tangent[i] = pull * inverse[i];
    back += pull * cosine;
  }
  for (size_t i = 0; i < inputs; i++) tangent[i] -= back * c[i];
  const double length = norm(products, inputs, tangent);
  if (length < least || length == 0) return false;
  for (size_t i = 0; i < inputs; i++) c[i] = cos(length) * c[i] + sin(length) / length * tangent[i];
  return normalize(products, inputs, 0, c);
}

static void end_karcher(ig_merge_tensor *m, int pass, const ig_gathered *all) {
  (void)pass;
  const double tol = m->shared[TOL];
  double *c = m->state, inverse[IG_METHOD_INPUTS], length = 0;
  size_t first = m->inputs;
  for (size_t i = 0; i < m->inputs; i++) {
    const double own = sqrt(all->sums[at(i, i)]);
    inverse[i] = own > tol ? 1 / own : 0;
    if (inverse[i] != 0 && first == m->inputs) first = i;
    c[i] = inverse[i] / (double)m->inputs;
    length += own / (double)m->inputs;
  }
  if (first == m->inputs) return;  // all of them all but zero: so is the mean
  if (!normalize(all->sums, m->inputs, fmax(tol, CANCELLED), c))
    for (size_t i = 0; i < m->inputs; i++) c[i] = i == first ? inverse[i] : 0;
  for (int i = 0; i < (int)m->shared[MAX_ITER] && step(all->sums, m->inputs, inverse, tol, c); i++)
    continue;
  for (size_t i = 0; i < m->inputs; i++) c[i] *= length;
}

const ig_method ig_method_karcher = {
    .name = "karcher",
    .summary = "direction nearest to all by angle, and the mean norm",
    .base = IG_BASE_USE_NONE,
    .least_inputs = 1,
    .most_inputs = IG_METHOD_INPUTS,
    .parameters = {{"max_iter", IG_VALUE_INTEGER, false, false, 10, 0, 1e6},
                   {"tol", IG_VALUE_NUMBER, false, false, 1e-5, 0, 1}},
    .passes = 1,
    .state_size = state_size,
    .sums = sums,
    .gather = gather,
    .end_pass = end_karcher,
    .combine = combine};
