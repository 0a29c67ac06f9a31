// Fisher-weighted mean: each value is averaged with the weights of how much the models' outputs
// depend on it   (Matena & Raffel 2022, "Merging Models with Fisher-Weighted Averaging", eq. 4)
//
//   theta = sum_j w_j F_j theta_j / sum_j w_j F_j,   w_j = weight_j / |F_j| if normalize, else
//   weight_j
//
// F_j, of this value, is not less than `floor`; |F_j| is over all values of the model. Tensors that
// are not trained have no F_j: they take the mean by weights alone.
#include <math.h>
#include "base/vectors.h"
#include "fuse/method/methods.h"

enum { WEIGHT };
enum { FLOOR = 1, NORMALIZE };

static const char *refuses_weights(const ig_merge_tensor *m) {
  double sum = 0;
  for (size_t k = 0; k < m->inputs; k++) sum += m->of_model[k][WEIGHT];
  return sum > 0 ? NULL : "the weights are all 0";
}

// One stretch of values, as long as its sums fit on the stack.
enum { STRETCH = 256 };

typedef struct fisher_stretch {
  size_t begin, count;
  double above[STRETCH], below[STRETCH];
} fisher_stretch;

IG_VECTORS static void add_weighted(fisher_stretch *s, const float *x, const float *fisher,
                                    double weight, float least) {
  for (size_t i = 0; i < s->count; i++) {
    const float f = fisher[s->begin + i];
    const double w = weight * (double)(f > least ? f : least);
    s->above[i] += w * (double)x[s->begin + i];
    s->below[i] += w;
  }
}

IG_VECTORS static void add_plain(fisher_stretch *s, const float *x, double weight) {
  for (size_t i = 0; i < s->count; i++) {
    s->above[i] += weight * (double)x[s->begin + i];
    s->below[i] += weight;
  }
}

static void add_all_plain(const ig_merge_tensor *m, const ig_merge_block *b, fisher_stretch *s) {
  for (size_t i = 0; i < s->count; i++) s->above[i] = s->below[i] = 0;
  for (size_t k = 0; k < m->inputs; k++) add_plain(s, b->x[k], m->of_model[k][WEIGHT]);
}

static void add_all_weighted(const ig_merge_tensor *m, const ig_merge_block *b, fisher_stretch *s) {
  for (size_t i = 0; i < s->count; i++) s->above[i] = s->below[i] = 0;
  for (size_t k = 0; k < m->inputs; k++) {
    const double norm = m->shared[NORMALIZE] != 0 ? m->statistic_norms[k] : 1;
    add_weighted(s, b->x[k], b->statistics[k], m->of_model[k][WEIGHT] / norm,
                 (float)m->shared[FLOOR]);
  }
}

// Values on which nothing depends in any model, with a floor of 0, take the mean by weights.
static void mend_unweighted(const ig_merge_tensor *m, const ig_merge_block *b,
                            const fisher_stretch *s, float *out) {
  fisher_stretch plain = {.begin = s->begin, .count = s->count};
  bool any = false;
  for (size_t i = 0; i < s->count; i++) any |= s->below[i] <= 0;
  if (!any) return;
  add_all_plain(m, b, &plain);
  for (size_t i = 0; i < s->count; i++)
    if (s->below[i] <= 0) out[s->begin + i] = (float)(plain.above[i] / plain.below[i]);
}

static void fisher_combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  fisher_stretch s;
  for (s.begin = 0; s.begin < b->count; s.begin += STRETCH) {
    s.count = b->count - s.begin < STRETCH ? b->count - s.begin : STRETCH;
    if (b->statistics)
      add_all_weighted(m, b, &s);
    else
      add_all_plain(m, b, &s);
    for (size_t i = 0; i < s.count; i++) out[s.begin + i] = (float)(s.above[i] / s.below[i]);
    if (b->statistics) mend_unweighted(m, b, &s, out);
  }
}

const ig_method ig_method_fisher = {
    .name = "fisher",
    .summary = "mean of each value, weighted by how much each model depends on it",
    .base = IG_BASE_USE_NONE,
    .least_inputs = 1,
    .most_inputs = IG_METHOD_INPUTS,
    .statistics = IG_STATISTIC_KIND_FISHER,
    .parameters = {{"weight", IG_VALUE_NUMBER, true, false, 1, 0, INFINITY},
                   {"floor", IG_VALUE_NUMBER, false, false, 1e-6, 0, INFINITY},
                   {"normalize", IG_VALUE_FLAG, false, false, 1, 0, 1}},
    .refuses = refuses_weights,
    .combine = fisher_combine};
