// Extrapolation (ExPO: Zheng et al. 2024, "Weak-to-Strong Extrapolation Expedites Alignment"):
// the result lies beyond a tuned model x, away from the base that it was tuned from:
//   base + (1 + alpha) (x - base) = x + alpha (x - base)
#include <math.h>
#include "fuse/method/methods.h"

enum { ALPHA };

static void expo_combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  const float alpha = (float)m->shared[ALPHA];
  for (size_t i = 0; i < b->count; i++) out[i] = b->x[0][i] + alpha * (b->x[0][i] - b->base[i]);
}

const ig_method ig_method_expo = {
    .name = "expo",
    .summary = "one model, farther away from the base",
    .base = IG_BASE_USE_REQUIRED,
    .least_inputs = 1,
    .most_inputs = 1,
    .parameters = {{"alpha", IG_VALUE_NUMBER, false, true, 0, -INFINITY, INFINITY}},
    .combine = expo_combine};
