// The exponential moving average of the models in their order, for example of the checkpoints of a
// run: e = x_0, then e <- decay e + (1 - decay) x_i for each further model. In closed form, of n
// models x_0 weighs decay^(n - 1), and x_i weighs (1 - decay) decay^(n - 1 - i).
#include <math.h>
#include "fuse/method/methods.h"

enum { DECAY };

static void ema_combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  const double decay = m->shared[DECAY];
  for (size_t i = 0; i < b->count; i++) {
    double average = (double)b->x[0][i];
    for (size_t k = 1; k < m->inputs; k++)
      average = decay * average + (1 - decay) * (double)b->x[k][i];
    out[i] = (float)average;
  }
}

const ig_method ig_method_ema = {.name = "ema",
                                 .summary = "exponential moving average in the order of the models",
                                 .base = IG_BASE_USE_NONE,
                                 .least_inputs = 1,
                                 .most_inputs = IG_METHOD_INPUTS,
                                 .parameters = {{"decay", IG_VALUE_NUMBER, false, true, 0, 0, 1}},
                                 .combine = ema_combine};
