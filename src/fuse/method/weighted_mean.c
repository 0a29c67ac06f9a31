// Weighted sums: sum_i w_i x_i, which normalize divides by sum_i w_i. With equal weights this is
// the uniform soup, and the average of checkpoints. passthrough multiplies one model by scale.
#include <math.h>
#include "base/vectors.h"
#include "fuse/method/methods.h"

enum { WEIGHT, NORMALIZE };
enum { SCALE };
static const double NO_WEIGHT = 1e-8;

static double sum_of_weights(const ig_merge_tensor *m) {
  double sum = 0;
  for (size_t k = 0; k < m->inputs; k++) sum += m->of_model[k][WEIGHT];
  return sum;
}

static const char *refuses_weights(const ig_merge_tensor *m) {
  const bool nothing = m->shared[NORMALIZE] != 0 && fabs(sum_of_weights(m)) < NO_WEIGHT;
  return nothing ? "the weights sum to 0, which cannot be divided by; with normalize: false they "
                   "need not be"
                 : NULL;
}

IG_VECTORS static void weighted_combine(const ig_merge_tensor *m, const ig_merge_block *b,
                                        float *out) {
  for (size_t i = 0; i < b->count; i++) out[i] = 0;
  for (size_t k = 0; k < m->inputs; k++) {
    const float weight = (float)m->of_model[k][WEIGHT], *x = b->x[k];
    for (size_t i = 0; i < b->count; i++) out[i] += x[i] * weight;
  }
  const float divisor = m->shared[NORMALIZE] != 0 ? (float)sum_of_weights(m) : 1;
  if (divisor != 1)
    for (size_t i = 0; i < b->count; i++) out[i] /= divisor;
}

static void passthrough_combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  const float factor = (float)m->of_model[0][SCALE];
  for (size_t i = 0; i < b->count; i++) out[i] = b->x[0][i] * factor;
}

const ig_method ig_method_linear = {
    .name = "linear",
    .summary = "weighted average",
    .base = IG_BASE_USE_NONE,
    .least_inputs = 1,
    .most_inputs = IG_METHOD_INPUTS,
    .parameters = {{"weight", IG_VALUE_NUMBER, true, true, 1, -INFINITY, INFINITY},
                   {"normalize", IG_VALUE_FLAG, false, false, 1, 0, 1}},
    .refuses = refuses_weights,
    .combine = weighted_combine};

const ig_method ig_method_greedy_soup = {
    .name = "greedy_soup",
    .summary = "average of those models that better the held-out score, the best first",
    .base = IG_BASE_USE_NONE,
    .least_inputs = 1,
    .most_inputs = IG_METHOD_INPUTS,
    .needs_scores = true,
    .parameters = {{"weight", IG_VALUE_NUMBER, true, false, 1, -INFINITY, INFINITY},
                   {"normalize", IG_VALUE_FLAG, false, false, 1, 0, 1}},
    .refuses = refuses_weights,
    .combine = weighted_combine};

const ig_method ig_method_passthrough = {
    .name = "passthrough",
    .summary = "one model's tensors as they are, or scaled: for stacking layers",
    .base = IG_BASE_USE_NONE,
    .least_inputs = 1,
    .most_inputs = 1,
    .parameters = {{"scale", IG_VALUE_NUMBER, true, false, 1, -INFINITY, INFINITY}},
    .combine = passthrough_combine};
