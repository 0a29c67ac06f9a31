// Spherical interpolation by weights (mergekit's nuslerp), of two models a and b or of their
// differences from the base: with t = w1 / (w0 + w1) and the angle th between a and b,
//   sin((1-t) th) / sin(th) a + sin(t th) / sin(th) b
// It is taken over the whole tensor (nuslerp_flatten), over each row, or, with nuslerp_row_wise,
// over each column: that name is mergekit's, and means the vectors along the first dimension. A
// tensor of one dimension is always taken whole.
#include <math.h>
#include "fuse/method/methods.h"

enum { WEIGHT, FLATTEN, ROW_WISE };
enum { AA, BB, AB, PRODUCTS };
static const double NO_NORM = 1e-7, NO_WEIGHT = 1e-6;

// What the two vectors are multiplied by.
typedef struct nuslerp_factors {
  float a, b;
} nuslerp_factors;

// One value of each vector.
typedef struct nuslerp_values {
  float a, b;
} nuslerp_values;

// The vectors that are interpolated.
typedef enum nuslerp_vectors {
  NUSLERP_VECTORS_TENSOR,
  NUSLERP_VECTORS_ROWS,
  NUSLERP_VECTORS_COLUMNS
} nuslerp_vectors;

static nuslerp_vectors vectors_of(const ig_merge_tensor *m) {
  if (m->shared[FLATTEN] != 0 || m->rank < 2) return NUSLERP_VECTORS_TENSOR;
  return m->shared[ROW_WISE] != 0 ? NUSLERP_VECTORS_COLUMNS : NUSLERP_VECTORS_ROWS;
}

// How many vectors the state has factors for. Factors of rows are not kept: they are found while
// combining. A column runs along the first dimension, whatever the others are.
static size_t factor_count(const ig_merge_tensor *m) {
  switch (vectors_of(m)) {
    case NUSLERP_VECTORS_TENSOR: return 1;
    case NUSLERP_VECTORS_COLUMNS: return m->rows * m->columns / m->first_dimension;
    default: return 0;
  }
}

static size_t nuslerp_state_size(const ig_merge_tensor *m) {
  return factor_count(m) * sizeof(nuslerp_factors);
}
static size_t nuslerp_sums(const ig_merge_tensor *m, int pass) {
  (void)pass;
  return factor_count(m) * PRODUCTS;
}
static bool nuslerp_wants(const ig_merge_tensor *m, int pass) {
  (void)pass;
  return vectors_of(m) != NUSLERP_VECTORS_ROWS;
}

static nuslerp_values values_at(const ig_merge_block *b, size_t i) {
  const float base = b->base ? b->base[i] : 0;
  return b->base ? (nuslerp_values){b->x[0][i] - base, b->x[1][i] - base}
                 : (nuslerp_values){b->x[0][i], b->x[1][i]};
}

// Adds the share of one value of each vector to products (PRODUCTS).
static void add_products(nuslerp_values x, double *products) {
  products[AA] += (double)x.a * (double)x.a;
  products[BB] += (double)x.b * (double)x.b;
  products[AB] += (double)x.a * (double)x.b;
}

static nuslerp_factors nuslerp_factors_of(const ig_merge_tensor *m, const double *products) {
  const double all = m->of_model[0][WEIGHT] + m->of_model[1][WEIGHT],
               t = fabs(all) < NO_WEIGHT ? 0.5 : m->of_model[1][WEIGHT] / all;
  const double norms = fmax(sqrt(products[AA]), NO_NORM) * fmax(sqrt(products[BB]), NO_NORM);
  const double cosine = fmin(fmax(products[AB] / norms, -1), 1), angle = acos(cosine);
  // The vectors are parallel or opposite, as far as values of float32 can tell.
  if (fabsf((float)cosine) >= 1) return (nuslerp_factors){(float)(1 - t), (float)t};
  return (nuslerp_factors){(float)(sin((1 - t) * angle) / sin(angle)),
                           (float)(sin(t * angle) / sin(angle))};
}

static void nuslerp_gather(const ig_merge_tensor *m, int pass, const ig_merge_block *block,
                           ig_gathered *to) {
  (void)pass;
  const size_t count = factor_count(m);
  size_t v = block->first_row * m->columns % count;
  for (size_t i = 0; i < block->count; i++) {
    add_products(values_at(block, i), to->sums + v * PRODUCTS);
    v = v + 1 < count ? v + 1 : 0;
  }
}

static void nuslerp_end_pass(ig_merge_tensor *m, int pass, const ig_gathered *all) {
  (void)pass;
  nuslerp_factors *f = m->state;
  for (size_t v = 0; v < factor_count(m); v++)
    f[v] = nuslerp_factors_of(m, all->sums + v * PRODUCTS);
}

static float interpolate(const ig_merge_block *b, size_t i, nuslerp_factors f) {
  const nuslerp_values x = values_at(b, i);
  const float mixed = f.a * x.a + f.b * x.b;
  return b->base ? b->base[i] + mixed : mixed;
}

static void interpolate_rows(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  for (size_t first = 0; first < b->count; first += m->columns) {
    double products[PRODUCTS] = {0};
    for (size_t i = first; i < first + m->columns; i++) add_products(values_at(b, i), products);
    const nuslerp_factors f = nuslerp_factors_of(m, products);
    for (size_t i = first; i < first + m->columns; i++) out[i] = interpolate(b, i, f);
  }
}

static void nuslerp_combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  if (vectors_of(m) == NUSLERP_VECTORS_ROWS) {
    interpolate_rows(m, b, out);
    return;
  }
  const nuslerp_factors *f = m->state;
  const size_t count = factor_count(m);
  size_t v = b->first_row * m->columns % count;
  for (size_t i = 0; i < b->count; i++) {
    out[i] = interpolate(b, i, f[v]);
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
    .state_size = nuslerp_state_size,
    .sums = nuslerp_sums,
    .wants = nuslerp_wants,
    .gather = nuslerp_gather,
    .end_pass = nuslerp_end_pass,
    .combine = nuslerp_combine};
