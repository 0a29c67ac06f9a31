// RAM, of models tuned by reinforcement learning: a difference larger than epsilon that one model
// alone has is taken whole, those that several models have at one place are averaged:
//   base + d_i where only |d_i| > epsilon;  base + mean of those > epsilon where there are more.
// RAM+ (ramplus_tl) makes up for what averaging takes from a model: its own differences are
// multiplied by 1 + r clamp(shared / own, 0, alpha), from the numbers of places in this tensor that
// it shares, and that it has alone.
#include <math.h>
#include "fuse/method/methods.h"

enum { EPSILON, R, ALPHA };
enum { OWN, SHARED, KINDS };

static size_t counts(const ig_merge_tensor *m, int pass) {
  (void)pass;
  return KINDS * m->inputs;
}

// A factor for each model.
static size_t state_size(const ig_merge_tensor *m) { return m->inputs * sizeof(float); }

// How many models differ from the base at i.
static size_t changed(const ig_merge_tensor *m, const ig_merge_block *b, size_t i) {
  size_t count = 0;
  for (size_t k = 0; k < m->inputs; k++)
    count += fabsf(b->x[k][i] - b->base[i]) > (float)m->shared[EPSILON];
  return count;
}

static void gather(const ig_merge_tensor *m, int pass, const ig_merge_block *b, ig_gathered *to) {
  (void)pass;
  for (size_t i = 0; i < b->count; i++) {
    const size_t kind = changed(m, b, i) > 1 ? SHARED : OWN;
    for (size_t k = 0; k < m->inputs; k++)
      to->counts[KINDS * k + kind] += fabsf(b->x[k][i] - b->base[i]) > (float)m->shared[EPSILON];
  }
}

static void end_pass(ig_merge_tensor *m, int pass, const ig_gathered *all) {
  (void)pass;
  float *factor = m->state;
  for (size_t k = 0; k < m->inputs; k++) {
    const double own = (double)all->counts[KINDS * k + OWN],
                 shared = (double)all->counts[KINDS * k + SHARED];
    const double ratio = shared > 0 ? shared / fmax(own, m->shared[EPSILON]) : 0;
    factor[k] = (float)(1 + m->shared[R] * fmin(ratio, m->shared[ALPHA]));
  }
}

static void combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  const float *factor = m->method->passes ? m->state : NULL;
  for (size_t i = 0; i < b->count; i++) {
    const size_t count = changed(m, b, i);
    float sum = 0;
    for (size_t k = 0; k < m->inputs; k++) {
      const float d = b->x[k][i] - b->base[i];
      if (fabsf(d) > (float)m->shared[EPSILON]) sum += count == 1 && factor ? d * factor[k] : d;
    }
    out[i] = b->base[i] + (count > 1 ? sum / (float)count : sum);
  }
}

#define RAM_EPSILON \
  { "epsilon", IG_VALUE_NUMBER, false, false, 1e-5, 0, INFINITY }

const ig_method ig_method_ram = {
    .name = "ram",
    .summary = "differences of one model whole, those of several averaged",
    .base = IG_BASE_USE_REQUIRED,
    .least_inputs = 1,
    .most_inputs = IG_METHOD_INPUTS,
    .parameters = {RAM_EPSILON},
    .combine = combine};

const ig_method ig_method_ramplus_tl = {
    .name = "ramplus_tl",
    .summary = "as ram, a model's own differences enlarged by what it shares",
    .base = IG_BASE_USE_REQUIRED,
    .least_inputs = 1,
    .most_inputs = IG_METHOD_INPUTS,
    .parameters = {RAM_EPSILON,
                   {"r", IG_VALUE_NUMBER, false, false, 0.1, 0, INFINITY},
                   {"alpha", IG_VALUE_NUMBER, false, false, 0.2, 0, INFINITY}},
    .passes = 1,
    .state_size = state_size,
    .counts = counts,
    .gather = gather,
    .end_pass = end_pass,
    .combine = combine};
