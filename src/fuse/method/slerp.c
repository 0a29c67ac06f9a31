// Spherical interpolation of whole tensors (Shoemake 1985, "Animating Rotation with Quaternion
// Curves"): with the angle th between a (the base) and b,
//   sin((1-t) th) / sin(th) a + sin(t th) / sin(th) b,
// and (1-t) a + t b where the two are nearly parallel or nearly opposite, |cos th| > PARALLEL.
#include <math.h>
#include "base/vectors.h"
#include "fuse/method/methods.h"
#include "numeric/sums.h"

enum { T };
enum { AA, BB, AB, SUMS };
static const double PARALLEL = 0.9995, NO_NORM = 1e-8;

// The state: what the two tensors are multiplied by.
typedef struct slerp_factors {
  float a, b;
} slerp_factors;

static size_t slerp_state_size(const ig_merge_tensor *m) {
  (void)m;
  return sizeof(slerp_factors);
}

static size_t slerp_sums(const ig_merge_tensor *m, int pass) {
  (void)m;
  (void)pass;
  return SUMS;
}

static void slerp_gather(const ig_merge_tensor *m, int pass, const ig_merge_block *block,
                         ig_gathered *to) {
  (void)m;
  (void)pass;
  const float *a = block->base, *b = block->x[0];
  to->sums[AA] = ig_sums_of_products(block->count, a, a);
  to->sums[BB] = ig_sums_of_products(block->count, b, b);
  to->sums[AB] = ig_sums_of_products(block->count, a, b);
}

// A tensor that is nearly zero counts as one of norm 1, so it is at right angles to any other.
static double norm_or_one(double squares) { return sqrt(squares) > NO_NORM ? sqrt(squares) : 1; }

static void slerp_end_pass(ig_merge_tensor *m, int pass, const ig_gathered *all) {
  (void)pass;
  slerp_factors *f = m->state;
  const double t = m->shared[T];
  const double norms = norm_or_one(all->sums[AA]) * norm_or_one(all->sums[BB]);
  const double cosine = fmin(fmax(all->sums[AB] / norms, -1), 1), angle = acos(cosine);
  const bool linear = fabs(cosine) > PARALLEL;
  f->a = (float)(linear ? 1 - t : sin((1 - t) * angle) / sin(angle));
  f->b = (float)(linear ? t : sin(t * angle) / sin(angle));
}

IG_VECTORS static void slerp_combine(const ig_merge_tensor *m, const ig_merge_block *block,
                                     float *out) {
  const slerp_factors *f = m->state;
  for (size_t i = 0; i < block->count; i++) out[i] = f->a * block->base[i] + f->b * block->x[0][i];
}

const ig_method ig_method_slerp = {.name = "slerp",
                                   .summary = "spherical interpolation of two models",
                                   .base = IG_BASE_USE_REQUIRED,
                                   .least_inputs = 1,
                                   .most_inputs = 1,
                                   .parameters = {{"t", IG_VALUE_NUMBER, false, true, 0, 0, 1}},
                                   .passes = 1,
                                   .state_size = slerp_state_size,
                                   .sums = slerp_sums,
                                   .gather = slerp_gather,
                                   .end_pass = slerp_end_pass,
                                   .combine = slerp_combine};
