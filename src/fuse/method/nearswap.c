// NearSwap (mergekit's nearswap) moves the base a towards the other model b where the two are
// close:
//   w = min(t / max(|a - b|, 1e-6), 1);  (1 - w) a + w b
#include <math.h>
#include "fuse/method/methods.h"

enum { T };

static void nearswap_combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  const float t = (float)m->shared[T], *x = b->x[0];
  for (size_t i = 0; i < b->count; i++) {
    const float distance = fmaxf(fabsf(b->base[i] - x[i]), 1e-6f), weight = fminf(t / distance, 1);
    out[i] = weight * x[i] + (1 - weight) * b->base[i];
  }
}

const ig_method ig_method_nearswap = {
    .name = "nearswap",
    .summary = "the base, with the other's values where they are near",
    .base = IG_BASE_USE_REQUIRED,
    .least_inputs = 1,
    .most_inputs = 1,
    .parameters = {{"t", IG_VALUE_NUMBER, false, true, 0, 0, INFINITY}},
    .combine = nearswap_combine};
