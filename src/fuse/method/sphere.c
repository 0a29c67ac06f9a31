// Means on the sphere. The norms and the directions u_i = x_i / |x_i| of whole tensors are averaged
// separately: the result has the mean norm and the mean direction, which is
//   multislerp (mergekit's): the direction of sum_i w_i u_i. mergekit then corrects this mean along
//     its tangents, but at this point the tangents add up to zero.
//   karcher: the direction with the least sum of squared angles to all u_i (Karcher 1977). It is
//     found step by step: the mean moves along the average of the arcs that lead to the u_i.
// Every vector on the way is a weighted sum of the inputs, so the products of the inputs, gathered
// once, are enough to find its coefficients.
#include <math.h>
#include "fuse/method/methods.h"

enum { WEIGHT, NORMALIZE_WEIGHTS, EPS };
enum { MAX_ITER, TOL };
static const double NO_WEIGHT = 1e-8;
// Directions that nearly cancel out have no mean, and an arc to the opposite point has no
// direction: what is left of them is rounding error.
static const double CANCELLED = 1e-6;

// The index of the product of inputs i and j. The products are the lower triangle, row by row.
static size_t product_at(size_t i, size_t j) {
  return i > j ? i * (i + 1) / 2 + j : j * (j + 1) / 2 + i;
}

static size_t sphere_sums(const ig_merge_tensor *m, int pass) {
  (void)pass;
  return product_at(m->inputs, 0);
}

// The state: a coefficient (inputs) for each input.
static size_t sphere_state_size(const ig_merge_tensor *m) { return m->inputs * sizeof(double); }

// The product of two weighted sums of the inputs, given by their coefficients a and b (inputs).
static double product_of_sums(const double *products, size_t inputs, const double *a,
                              const double *b) {
  double sum = 0;
  for (size_t i = 0; i < inputs; i++)
    for (size_t j = 0; j < inputs; j++) sum += a[i] * b[j] * products[product_at(i, j)];
  return sum;
}

static double norm_of_sum(const double *products, size_t inputs, const double *a) {
  return sqrt(fmax(product_of_sums(products, inputs, a, a), 0));
}

static void sphere_gather(const ig_merge_tensor *m, int pass, const ig_merge_block *b,
                          ig_gathered *to) {
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
      to->sums[product_at(j, k)] = sum;
    }
}

static void sphere_combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
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

static void multislerp_end_pass(ig_merge_tensor *m, int pass, const ig_gathered *all) {
  (void)pass;
  double *c = m->state, weight[IG_METHOD_INPUTS], sum = 0, magnitude = 0, length = 0;
  for (size_t i = 0; i < m->inputs; i++) sum += m->of_model[i][WEIGHT];
  const double divisor = m->shared[NORMALIZE_WEIGHTS] != 0 && fabs(sum) >= NO_WEIGHT ? sum : 1;
  for (size_t i = 0; i < m->inputs; i++) {
    const double own = sqrt(all->sums[product_at(i, i)]);
    weight[i] = m->inputs == 1 ? 1 : m->of_model[i][WEIGHT] / divisor;
    c[i] = own > 0 ? weight[i] / (own + m->shared[EPS]) : 0;
    magnitude += fabs(c[i]) * own;
    length += weight[i] * own;
  }
  const double mean = norm_of_sum(all->sums, m->inputs, c);
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
    .state_size = sphere_state_size,
    .sums = sphere_sums,
    .gather = sphere_gather,
    .end_pass = multislerp_end_pass,
    .combine = sphere_combine};

// ---- karcher ----------------------------------------------------------------

// Divides the coefficients c by the norm of their sum. False: the norm is at most `least`, and
// nothing was done.
static bool normalize_sum(const double *products, size_t inputs, double least, double *c) {
  const double length = norm_of_sum(products, inputs, c);
  if (!(length > least)) return false;
  for (size_t i = 0; i < inputs; i++) c[i] /= length;
  return true;
}

// Moves the mean u, given by its coefficients c (inputs), one step along the tangent T:
//   T = sum_i angle_i / sin(angle_i) (u_i - cos(angle_i) u) / inputs
//   u <- cos |T| u + sin |T| T / |T|
// inverse (inputs): 1 / norm of each input; 0: it is left out. False: the mean no longer moves.
static bool step_towards_mean(const double *products, size_t inputs, const double *inverse,
                              double least, double *c) {
  double tangent[IG_METHOD_INPUTS] = {0}, back = 0;
  for (size_t i = 0; i < inputs; i++) {
    if (inverse[i] == 0) continue;
    double cosine = 0;
    for (size_t j = 0; j < inputs; j++) cosine += c[j] * products[product_at(i, j)] * inverse[i];
    const double angle = acos(fmin(fmax(cosine, -1), 1));
    if (angle < least || angle > acos(-1) - CANCELLED) continue;
    const double pull = angle / sin(angle) / (double)inputs;
    tangent[i] = pull * inverse[i];
    back += pull * cosine;
  }
  for (size_t i = 0; i < inputs; i++) tangent[i] -= back * c[i];
  const double length = norm_of_sum(products, inputs, tangent);
  if (length < least || length == 0) return false;
  for (size_t i = 0; i < inputs; i++) c[i] = cos(length) * c[i] + sin(length) / length * tangent[i];
  return normalize_sum(products, inputs, 0, c);
}

static void karcher_end_pass(ig_merge_tensor *m, int pass, const ig_gathered *all) {
  (void)pass;
  const double tol = m->shared[TOL];
  double *c = m->state, inverse[IG_METHOD_INPUTS], length = 0;
  size_t first = m->inputs;
  for (size_t i = 0; i < m->inputs; i++) {
    const double own = sqrt(all->sums[product_at(i, i)]);
    inverse[i] = own > tol ? 1 / own : 0;
    if (inverse[i] != 0 && first == m->inputs) first = i;
    c[i] = inverse[i] / (double)m->inputs;
    length += own / (double)m->inputs;
  }
  if (first == m->inputs) return;  // all inputs are nearly zero, and so is the mean
  if (!normalize_sum(all->sums, m->inputs, fmax(tol, CANCELLED), c))
    for (size_t i = 0; i < m->inputs; i++) c[i] = i == first ? inverse[i] : 0;
  for (int i = 0; i < (int)m->shared[MAX_ITER]; i++)
    if (!step_towards_mean(all->sums, m->inputs, inverse, tol, c)) break;
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
    .state_size = sphere_state_size,
    .sums = sphere_sums,
    .gather = sphere_gather,
    .end_pass = karcher_end_pass,
    .combine = sphere_combine};
