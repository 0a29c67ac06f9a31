// Task arithmetic (Ilharco et al., ICLR 2023) and the methods that grew out of it: differences from
// the base are thinned out (fuse/method/thinning.h), weighted and added up:
//   d_i = w_i thin(x_i - base);  D = sum_i d_i;  result: base + lambda D
// The methods that agree on signs (TIES: Yadav et al., NeurIPS 2023) leave out, at each element,
// the d_i whose sign is not that of sum_i d_i (0 counts as +). With normalize D is divided by the
// sum of the weights that took part. With `scope: model` the largest values of a model's whole task
// vector stay, as in the paper on TIES, instead of the largest of each tensor.
#include <math.h>
#include "base/vectors.h"
#include "fuse/method/methods.h"
#include "fuse/method/thinning.h"

enum { WEIGHT, DENSITY, NORMALIZE, RESCALE, LAMBDA, INT8_MASK, EXTRA, SCOPE = EXTRA };

typedef struct task_variant {
  ig_thinning_kind thinning;
  bool agree;  // on signs
} task_variant;

static const task_variant *task_variant_of(const ig_merge_tensor *m) { return m->method->variant; }

static ig_thinning task_thinning(const ig_merge_tensor *m) {
  return (ig_thinning){.kind = task_variant_of(m)->thinning,
                       .rescale = (ig_rescale)m->shared[RESCALE],
                       .density = &m->of_model[0][DENSITY],
                       .extra = &m->of_model[0][EXTRA]};
}

static size_t task_workspace_size(const ig_merge_tensor *m) {
  const ig_thinning t = task_thinning(m);
  return ig_thinning_workspace_size(&t, m);
}
static void task_begin(ig_merge_tensor *m) {
  const ig_thinning t = task_thinning(m);
  ig_thinning_begin(&t, m);
}
static size_t task_probe_size(const ig_merge_tensor *m) {
  const ig_thinning t = task_thinning(m);
  return ig_thinning_probe_size(&t, m);
}
static void task_probe(ig_merge_tensor *m, const ig_merge_block *probe) {
  const ig_thinning t = task_thinning(m);
  ig_thinning_probe(&t, m, probe);
}
static size_t task_counts(const ig_merge_tensor *m, int pass) {
  const ig_thinning t = task_thinning(m);
  return ig_thinning_counts(&t, m, pass);
}
// The probabilities by rank go from density - epsilon to density + epsilon; all must be in 0 .. 1.
static const char *refuses_ranks(const ig_merge_tensor *m) {
  for (size_t k = 0; k < m->inputs; k++) {
    const double density = m->of_model[k][DENSITY], epsilon = m->of_model[k][EXTRA];
    if (density > 0 && density < 1 && (density - epsilon < 0 || density + epsilon > 1))
      return "density - epsilon must not be below 0, nor density + epsilon above 1";
  }
  return NULL;
}

static bool task_joins_tensors(const double *shared) { return shared[SCOPE] == IG_SCOPE_MODEL; }
static const char *task_refuses_joining(const ig_merge_tensor *a, const ig_merge_tensor *b) {
  if (a->shared[RESCALE] != b->shared[RESCALE])
    return "with scope: model 'rescale' must be the same for all tensors";
  for (size_t k = 0; k < a->inputs; k++)
    if (a->of_model[k][DENSITY] != b->of_model[k][DENSITY])
      return "with scope: model 'density' must be the same for all tensors";
  return NULL;
}

static bool task_draws(const double *of_model) { return of_model[DENSITY] < 1; }

static bool task_wants(const ig_merge_tensor *m, int pass) {
  const ig_thinning t = task_thinning(m);
  return ig_thinning_wants(&t, m, pass);
}
static void task_gather(const ig_merge_tensor *m, int pass, const ig_merge_block *block,
                        ig_gathered *to) {
  const ig_thinning t = task_thinning(m);
  ig_thinning_gather(&t, m, pass, block, to);
}
static void task_end_pass(ig_merge_tensor *m, int pass, const ig_gathered *all) {
  const ig_thinning t = task_thinning(m);
  ig_thinning_end_pass(&t, m, pass, all);
}

// ---- adding up --------------------------------------------------------------

// Adds up the differences d (inputs, count) to D, which is out (count).
IG_VECTORS static void add_differences(const ig_merge_tensor *m, size_t count, const float *d,
                                       float *restrict out) {
  double all = 0;
  for (size_t k = 0; k < m->inputs; k++) all += m->of_model[k][WEIGHT];
  const float divisor = m->shared[NORMALIZE] != 0 && fabs(all) >= 1e-8 ? (float)all : 1;
  for (size_t i = 0; i < count; i++) out[i] = 0;
  for (size_t k = 0; k < m->inputs; k++)
    for (size_t i = 0; i < count; i++) out[i] += d[k * count + i];
  for (size_t i = 0; i < count; i++) out[i] /= divisor;
}

// Adds up those of the differences d (inputs, count) that agree on the sign to D, which is sum
// (count). agreed, weights (count): scratch. The loops over values are inside those over models and
// have no branches, so that compilers turn them into vector instructions.
IG_VECTORS static void add_agreeing(const ig_merge_tensor *m, size_t count, const float *d,
                                    float *restrict sum, float *restrict agreed,
                                    float *restrict weights) {
  for (size_t i = 0; i < count; i++) sum[i] = agreed[i] = weights[i] = 0;
  for (size_t k = 0; k < m->inputs; k++)
    for (size_t i = 0; i < count; i++) sum[i] += d[k * count + i];
  for (size_t k = 0; k < m->inputs; k++) {
    const float weight = (float)m->of_model[k][WEIGHT];
    for (size_t i = 0; i < count; i++) {
      const float x = d[k * count + i], towards = sum[i] >= 0 ? x : -x;
      agreed[i] += towards > 0 ? x : 0;
      weights[i] += towards > 0 ? weight : 0;
    }
  }
  for (size_t i = 0; i < count; i++) {
    const float divisor = weights[i] == 0 ? 1 : weights[i];
    sum[i] = m->shared[NORMALIZE] != 0 ? agreed[i] / divisor : agreed[i];
  }
}

IG_VECTORS static void task_combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  const ig_thinning t = task_thinning(m);
  float *d = b->scratch;
  for (size_t k = 0; k < m->inputs; k++) {
    const float weight = (float)m->of_model[k][WEIGHT];
    ig_thinning_apply(&t, m, b, k, d + k * b->count);
    for (size_t i = 0; i < b->count; i++) d[k * b->count + i] *= weight;
  }
  if (task_variant_of(m)->agree)
    add_agreeing(m, b->count, d, out, d + m->inputs * b->count, d + (m->inputs + 1) * b->count);
  else
    add_differences(m, b->count, d, out);
  const float lambda = (float)m->shared[LAMBDA];
  for (size_t i = 0; i < b->count; i++)
    out[i] = b->base[i] + (lambda != 1 ? out[i] * lambda : out[i]);
}

// ---- the table --------------------------------------------------------------

#define PARAMETERS(normalize_, rescale_)                                                     \
  {"weight", IG_VALUE_NUMBER, true, true, 1, -INFINITY, INFINITY},                           \
      {"density", IG_VALUE_NUMBER, true, false, 1, 0, 1},                                    \
      {"normalize", IG_VALUE_FLAG, false, false, normalize_, 0, 1},                          \
      {"rescale", IG_VALUE_RESCALE, false, false, rescale_, 0, 2},                           \
      {"lambda", IG_VALUE_NUMBER, false, false, 1, -INFINITY, INFINITY}, {                   \
    "int8_mask", IG_VALUE_FLAG, false, false, 0, 0, 1 /* mergekit's; it changes no number */ \
  }
#define TASK_METHOD(name_, summary_, thinning_, agree_, ...)                                \
  const ig_method ig_method_##name_ = {                                                     \
      .name = #name_,                                                                       \
      .summary = summary_,                                                                  \
      .variant = &(const task_variant){thinning_, agree_},                                  \
      .base = IG_BASE_USE_REQUIRED,                                                         \
      .least_inputs = 1,                                                                    \
      .most_inputs = IG_METHOD_INPUTS,                                                      \
      .parameters = {__VA_ARGS__},                                                          \
      .refuses = (thinning_) == IG_THINNING_BY_RANK_IN_ROW ? refuses_ranks : NULL,          \
      .joins_tensors = (thinning_) == IG_THINNING_BY_MAGNITUDE ? task_joins_tensors : NULL, \
      .refuses_joining = task_refuses_joining,                                              \
      .passes = IG_THINNING_PASSES,                                                         \
      .state_size = ig_thinning_state_size,                                                 \
      .workspace_size = task_workspace_size,                                                \
      .begin = task_begin,                                                                  \
      .probe_size = task_probe_size,                                                        \
      .probe = task_probe,                                                                  \
      .sums = ig_thinning_sums,                                                             \
      .counts = task_counts,                                                                \
      .draws = (thinning_) >= IG_THINNING_BY_CHANCE ? task_draws : NULL,                    \
      .wants = task_wants,                                                                  \
      .gather = task_gather,                                                                \
      .end_pass = task_end_pass,                                                            \
      .combine = task_combine};
#define GAMMA \
  { "gamma", IG_VALUE_NUMBER, true, false, 0.01, 0, 1 }
#define SCOPE_OF_PASSES \
  { "scope", IG_VALUE_SCOPE, false, false, IG_SCOPE_TENSOR, 0, 1 }
#define EPSILON \
  { "epsilon", IG_VALUE_NUMBER, true, false, 0.15, 0, 1 }

TASK_METHOD(task_arithmetic, "weighted sum of differences from the base", IG_THINNING_NONE, false,
            PARAMETERS(0, 0))
TASK_METHOD(ties, "the largest differences, where their signs agree", IG_THINNING_BY_MAGNITUDE,
            true, PARAMETERS(1, 0), SCOPE_OF_PASSES)
TASK_METHOD(dare_linear, "differences dropped at random, the rest rescaled", IG_THINNING_BY_CHANCE,
            false, PARAMETERS(0, 1))
TASK_METHOD(dare_ties, "as dare_linear, where signs agree", IG_THINNING_BY_CHANCE, true,
            PARAMETERS(0, 1))
TASK_METHOD(breadcrumbs, "differences neither among the smallest nor among the very largest",
            IG_THINNING_OUTLIERS, false, PARAMETERS(0, 0), GAMMA)
TASK_METHOD(breadcrumbs_ties, "as breadcrumbs, where signs agree", IG_THINNING_OUTLIERS, true,
            PARAMETERS(0, 0), GAMMA)
TASK_METHOD(della, "differences dropped at random, small ones more often, where signs agree",
            IG_THINNING_BY_RANK_IN_ROW, true, PARAMETERS(1, 1), EPSILON)
TASK_METHOD(della_linear, "as della, all signs", IG_THINNING_BY_RANK_IN_ROW, false,
            PARAMETERS(0, 1), EPSILON)
