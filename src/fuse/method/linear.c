// Weighted sums: sum_i w_i x_i, divided by sum_i w_i where normalized. Equal weights are the uniform soup, and the average of checkpoints.
#include <math.h>
#include "fuse/method/families.h"

enum { WEIGHT, NORMALIZE };
enum { SCALE };

static void combine(const ig_merge *m, const ig_merge_block *b, float *out) {
  double all = 0;
  for (size_t k = 0; k < m->inputs; k++) all += m->of_model[k][WEIGHT];
  for (size_t i = 0; i < b->count; i++) out[i] = 0;
  for (size_t k = 0; k < m->inputs; k++) {
    const float weight = (float)m->of_model[k][WEIGHT], *x = b->x[k];
    for (size_t i = 0; i < b->count; i++) out[i] += x[i] * weight;
  }
  const float divisor = m->shared[NORMALIZE] != 0 ? (float)all : 1;
  for (size_t i = 0; i < b->count && divisor != 1; i++) out[i] /= divisor;
}

static void scale(const ig_merge *m, const ig_merge_block *b, float *out) {
  const float factor = (float)m->of_model[0][SCALE];
  for (size_t i = 0; i < b->count; i++) out[i] = b->x[0][i] * factor;
}

const ig_method ig_method_linear = {
    .name = "linear",
    .summary = "weighted average",
    .base = IG_BASE_NONE,
    .least_inputs = 1,
    .most_inputs = IG_METHOD_INPUTS,
    .parameters = {{"weight", IG_VALUE_NUMBER, true, true, 1, -INFINITY, INFINITY}, {"normalize", IG_VALUE_FLAG, false, false, 1, 0, 1}},
    .combine = combine};

const ig_method ig_method_passthrough = {.name = "passthrough",
                                         .summary = "one model's tensors as they are, or scaled: for stacking layers",
                                         .base = IG_BASE_NONE,
                                         .least_inputs = 1,
                                         .most_inputs = 1,
                                         .parameters = {{"scale", IG_VALUE_NUMBER, true, false, 1, -INFINITY, INFINITY}},
                                         .combine = scale};
