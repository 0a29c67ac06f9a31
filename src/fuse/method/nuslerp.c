// Spherical interpolation by weights, t = w1 / (w0 + w1), of two models or of their differences
// from the base:
//   sin((1-t) th) / sin(th) a + sin(t th) / sin(th) b
// over the whole tensor (nuslerp_flatten), over each row, or, with nuslerp_row_wise, over each
// column: the name is mergekit's and means the vectors along the first dimension. A vector is one
// row, and one column, of its own.
#include <math.h>
#include "fuse/method/methods.h"

enum { WEIGHT, FLATTEN, ROW_WISE };
enum { AA, BB, AB, PRODUCTS };
static const double NO_NORM = 1e-7, NO_WEIGHT = 1e-6;

typedef struct factors {
  float a, b;
} factors;

typedef struct pair {
  float a, b;
} pair;

// What a factor is for.
typedef enum scope { OF_TENSOR, OF_ROW, OF_COLUMN } scope;

static scope scope_of(const ig_merge_tensor *m) {
  if (m->shared[FLATTEN] != 0 || m->rank < 2) return OF_TENSOR;
  return m->shared[ROW_WISE] != 0 ? OF_COLUMN : OF_ROW;
}

// How many vectors the state has factors for. A column runs along the first dimension, whatever the
// others are.
static size_t vectors(const ig_merge_tensor *m) {
  const scope s = scope_of(m);
  return s == OF_TENSOR ? 1 : s == OF_COLUMN ? m->rows * m->columns / m->first_dimension : 0;
}

static size_t state_size(const ig_merge_tensor *m) { return vectors(m) * sizeof(factors); }
static size_t sums(const ig_merge_tensor *m, int pass) {
  (void)pass;
  return vectors(m) * PRODUCTS;
}
static bool wants(const ig_merge_tensor *m, int pass) {
  (void)pass;
  return scope_of(m) != OF_ROW;
}

static pair pair_at(const ig_merge_block *b, size_t i) {
  const float base = b->base ? b->base[i] : 0;
  return b->base ? (pair){b->x[0][i] - base, b->x[1][i] - base} : (pair){b->x[0][i], b->x[1][i]};
}

static void multiply(pair x, double *products) {
  products[AA] += (double)x.a * (double)x.a;
  products[BB] += (double)x.b * (double)x.b;
  products[AB] += (double)x.a * (double)x.b;
}

static factors factors_of(const ig_merge_tensor *m, const double *products) {
  const double all = m->of_model[0][WEIGHT] + m->of_model[1][WEIGHT],
               t = fabs(all) < NO_WEIGHT ? 0.5 : m->of_model[1][WEIGHT] / all;
  const double norms = fmax(sqrt(products[AA]), NO_NORM) * fmax(sqrt(products[BB]), NO_NORM);
  const double cosine = fmin(fmax(products[AB] / norms, -1), 1), angle = acos(cosine);
  // Parallel or opposite, as far as values of float32 can tell.
  if (fabsf((float)cosine) >= 1) return (factors){(float)(1 - t), (float)t};
  return (factors){(float)(sin((1 - t) * angle) / sin(angle)),
                   (float)(sin(t * angle) / sin(angle))};
}

static void gather(const ig_merge_tensor *m, int pass, const ig_merge_block *block,
                   ig_gathered *to) {
  (void)pass;
  const size_t count = vectors(m);
  size_t v = block->first_row * m->columns % count;
  for (size_t i = 0; i < block->count; i++) {
    multiply(pair_at(block, i), to->sums + v * PRODUCTS);
    v = v + 1 < count ? v + 1 : 0;
  }
}

static void end_pass(ig_merge_tensor *m, int pass, const ig_gathered *all) {
  (void)pass;
  factors *f = m->state;
  for (size_t v = 0; v < vectors(m); v++) f[v] = factors_of(m, all->sums + v * PRODUCTS);
}

static float mix(const ig_merge_block *b, size_t i, factors f) {
  const pair x = pair_at(b, i);
  const float mixed = f.a * x.a + f.b * x.b;
  return b->base ? b->base[i] + mixed : mixed;
}

static void combine_rows(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  for (size_t first = 0; first < b->count; first += m->columns) {
    double products[PRODUCTS] = {0};
    for (size_t i = first; i < first + m->columns; i++) multiply(pair_at(b, i), products);
    const factors f = factors_of(m, products);
    for (size_t i = first; i < first + m->columns; i++) out[i] = mix(b, i, f);
  }
}

static void combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  if (scope_of(m) == OF_ROW) {
    combine_rows(m, b, out);
    return;
  }
  const factors *f = m->state;
  const size_t count = vectors(m);
  size_t v = b->first_row * m->columns % count;
  for (size_t i = 0; i < b->count; i++) {
    out[i] = mix(b, i, f[v]);
    v = v + 1 < count ? v + 1 : 0;
  }
}

const ig_method ig_method_nuslerp = {
    .name = "nuslerp",
    .summary = "spherical interpolation by weights, of tensors, rows or columns",
    .base = IG_BASE_USE_OPTIONAL,
    .least_inputs = 2,
    .most_inputs = 2,
    .parameters = {{"weight", IG_VALUE_NUMBER, true, true, 1, -INFINITY, INFINITY},
                   {"nuslerp_flatten", IG_VALUE_FLAG, false, false, 1, 0, 1},
                   {"nuslerp_row_wise", IG_VALUE_FLAG, false, false, 0, 0, 1}},
    .passes = 1,
    .state_size = state_size,
    .sums = sums,
    .wants = wants,
    .gather = gather,
    .end_pass = end_pass,
    .combine = combine};
