// RAM (mergekit's ram), for models tuned by reinforcement learning. With the differences d_i =
// x_i - base, a difference larger than epsilon that only one model has at an element is taken
// whole; those that several models have at one element are averaged:
//   base + d_i           where d_i is the only one with |d_i| > epsilon
//   base + mean of d_i   over the d_i with |d_i| > epsilon, where there are several
// RAM+ (ramplus_tl) makes up for what averaging takes from a model: the differences that it alone
// has are multiplied by 1 + r clamp(shared / own, 0, alpha), where shared and own count the
// elements of this tensor at which it differs together with others, and alone.
#include <math.h>
#include "fuse/method/methods.h"

enum { EPSILON, R, ALPHA };
enum { OWN, SHARED, KINDS };

// (inputs, KINDS): how many elements each model has of each kind.
static size_t ram_counts(const ig_merge_tensor *m, int pass) {
  (void)pass;
  return KINDS * m->inputs;
}

// The state: a factor (inputs) for each model's own differences.
static size_t ram_state_size(const ig_merge_tensor *m) { return m->inputs * sizeof(float); }

// How many models differ from the base at element i of the block.
static size_t differing_models(const ig_merge_tensor *m, const ig_merge_block *b, size_t i) {
  size_t count = 0;
  for (size_t k = 0; k < m->inputs; k++)
    count += fabsf(b->x[k][i] - b->base[i]) > (float)m->shared[EPSILON];
  return count;
}

static void ram_gather(const ig_merge_tensor *m, int pass, const ig_merge_block *b,
                       ig_gathered *to) {
  (void)pass;
  for (size_t i = 0; i < b->count; i++) {
    const size_t kind = differing_models(m, b, i) > 1 ? SHARED : OWN;
    for (size_t k = 0; k < m->inputs; k++)
      to->counts[KINDS * k + kind] += fabsf(b->x[k][i] - b->base[i]) > (float)m->shared[EPSILON];
  }
}

static void ram_end_pass(ig_merge_tensor *m, int pass, const ig_gathered *all) {
  (void)pass;
  float *factor = m->state;
  for (size_t k = 0; k < m->inputs; k++) {
    const double own = (double)all->counts[KINDS * k + OWN],
                 shared = (double)all->counts[KINDS * k + SHARED];
    const double ratio = shared > 0 ? shared / fmax(own, m->shared[EPSILON]) : 0;
    factor[k] = (float)(1 + m->shared[R] * fmin(ratio, m->shared[ALPHA]));
  }
}

static void ram_combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  const float *factor = m->method->passes ? m->state : NULL;  // only RAM+ has passes
  for (size_t i = 0; i < b->count; i++) {
    const size_t count = differing_models(m, b, i);
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
    .combine = ram_combine};

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
    .state_size = ram_state_size,
    .counts = ram_counts,
    .gather = ram_gather,
    .end_pass = ram_end_pass,
    .combine = ram_combine};
