// Sums whose coefficients are learned from held-out data: with a base, of differences from it, as
// task_arithmetic forms them; without one, of the models, as linear does with normalize: false.
//
//   out = base + sum_k c[k][row] (model_k - base)
//
// Tensors that are not learned are the base's or, without one, the mean of the models.
#include "base/vectors.h"
#include "fuse/method/methods.h"

IG_VECTORS static void add_differences(size_t count, float factor, const float *x,
                                       const float *base, float *restrict out) {
  for (size_t i = 0; i < count; i++) out[i] += (x[i] - base[i]) * factor;
}

IG_VECTORS static void add_values(size_t count, float factor, const float *x, float *restrict out) {
  for (size_t i = 0; i < count; i++) out[i] += x[i] * factor;
}

static float coefficient_of(const ig_merge_tensor *m, size_t k, size_t row) {
  if (!m->coefficients) return m->has_base ? 0 : (float)(1 / (double)m->inputs);
  return m->coefficients[k * m->coefficient_rows + (m->coefficient_rows > 1 ? row : 0)];
}

static void combine_row(const ig_merge_tensor *m, const ig_merge_block *b, size_t row, float *out) {
  const size_t at = row * m->columns;
  for (size_t k = 0; k < m->inputs; k++) {
    const float factor = coefficient_of(m, k, b->first_row + row), *x = b->x[k] + at;
    if (b->base)
      add_differences(m->columns, factor, x, b->base + at, out);
    else
      add_values(m->columns, factor, x, out);
  }
}

static void learned_combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  for (size_t i = 0; i < b->count; i++) out[i] = 0;
  for (size_t row = 0; row < b->rows; row++) combine_row(m, b, row, out + row * m->columns);
  for (size_t i = 0; b->base && i < b->count; i++) out[i] = b->base[i] + out[i];
}

const ig_method ig_method_learned = {
    .name = "learned",
    .summary = "weighted sum whose weights are learned from held-out data",
    .base = IG_BASE_USE_OPTIONAL,
    .least_inputs = 1,
    .most_inputs = IG_METHOD_INPUTS,
    .learns = true,
    .combine = learned_combine};
