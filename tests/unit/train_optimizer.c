// Adam and AdamW give what torch.optim gives; the norm of the gradient.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "base/random.h"
#include "train/optimizer.h"

static ig_nn nn(ig_pool *pool) {
  ig_nn out = {.pool = pool};
  assert_int_equal(ig_kernels_select(&out.kernels, NULL), IG_OK);
  return out;
}

// One group of all values.
static ig_parameter_groups all_of(ig_parameter_span *span, size_t count) {
  *span = (ig_parameter_span){.end = count, .rate = 1, .decayed = true};
  return (ig_parameter_groups){.spans = span, .span_count = count > 0};
}

typedef struct golden {
  ig_optimizer kind;
  float weight_decay;
  float weights[4];
} golden;

// Made with PyTorch 2: w = torch.tensor(weights, requires_grad=True); o = torch.optim.Adam or
// AdamW([w], lr=0.01, betas=(0.9, 0.98), eps=1e-9, weight_decay=wd); for g in gradients: w.grad =
// torch.tensor(g); o.step()
static const float start[4] = {0.5f, -1.25f, 2.0f, 0.0f};
static const float gradients[3][4] = {
    {0.1f, -0.2f, 0.003f, 1e-4f}, {-0.05f, 0.4f, 0.003f, 0.0f}, {0.2f, 0.1f, -0.6f, 2e-4f}};
static const golden goldens[] = {
    {IG_OPTIMIZER_ADAM, 0.0f, {0.48078382f, -1.24781299f, 1.98627329f, -0.0247160308f}},
    {IG_OPTIMIZER_ADAM, 0.01f, {0.480016619f, -1.24705291f, 1.98589158f, -0.0129622966f}},
    {IG_OPTIMIZER_ADAMW, 0.01f, {0.48063609f, -1.24743962f, 1.98567629f, -0.0247133598f}},
};

// The largest distance from the golden after three steps whose gradients are multiplied by `factor`
// and scaled by 1/factor.
static double distance(const golden *g, float factor, uint32_t first_update) {
  ig_nn context = nn(NULL);
  const ig_optimizer_options options = {.kind = g->kind,
                                        .beta1 = 0.9f,
                                        .beta2 = 0.98f,
                                        .eps = 1e-9f,
                                        .weight_decay = g->weight_decay};
  float w[4], m[4] = {0}, v[4] = {0}, gradient[4];
  memcpy(w, start, sizeof w);
  ig_parameter_span span;
  const ig_parameter_groups groups = all_of(&span, 4);
  for (uint32_t u = 0; u < 3; u++) {
    for (int i = 0; i < 4; i++) gradient[i] = gradients[u][i] * factor;
    const ig_optimizer_update update = {first_update + u, 0.01f, 1 / factor};
    const ig_optimizer_values values = {&groups, w, gradient, m, v};
    ig_optimizer_step(&context, &options, &update, &values);
    for (int i = 0; i < 4; i++) assert_true(gradient[i] == 0);
  }
  double most = 0;
  for (int i = 0; i < 4; i++) most = fmax(most, fabs((double)w[i] - (double)g->weights[i]));
  return most;
}

static void as_torch(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++) {
    assert_true(distance(&goldens[i], 1, 1) < 5e-7);
    assert_true(distance(&goldens[i], 4, 1) < 5e-7);
  }
}

static void negative_control(void **state) {
  (void)state;
  assert_true(distance(&goldens[0], 1, 2) > 1e-4);  // counted from 2
  golden wrong = goldens[2];
  wrong.kind = IG_OPTIMIZER_ADAM;
  assert_true(distance(&wrong, 1, 1) > 1e-4);
}

static void norm_and_threads(void **state) {
  (void)state;
  const size_t count = 300001;
  float *x[2], *w[2], *m[2], *v[2];
  double norm[2], sum = 0;
  for (int k = 0; k < 2; k++) {
    ig_pool *pool = NULL;
    if (k) assert_int_equal(ig_pool_create(3, &pool, NULL), IG_OK);
    ig_nn context = nn(pool);
    x[k] = calloc(count, sizeof(float));
    w[k] = calloc(count, sizeof(float));
    m[k] = calloc(count, sizeof(float));
    v[k] = calloc(count, sizeof(float));
    for (size_t i = 0; i < count; i++) x[k][i] = (float)ig_random_normal(1, 2, i);
    if (!k)
      for (size_t i = 0; i < count; i++) sum += (double)x[k][i] * (double)x[k][i];
    ig_parameter_span span;
    const ig_parameter_groups groups = all_of(&span, count);
    norm[k] = ig_optimizer_norm(&context, &groups, x[k]);
    const ig_optimizer_options options = {
        .kind = IG_OPTIMIZER_ADAM, .beta1 = 0.9f, .beta2 = 0.98f, .eps = 1e-9f};
    const ig_optimizer_values values = {&groups, w[k], x[k], m[k], v[k]};
    ig_optimizer_step(&context, &options, &(ig_optimizer_update){1, 0.01f, 0.5f}, &values);
    ig_pool_free(pool);
  }
  assert_true(norm[0] == norm[1]);
  assert_true(fabs(norm[0] - sqrt(sum)) < 1e-9 * sqrt(sum));
  assert_memory_equal(w[0], w[1], count * sizeof(float));
  assert_memory_equal(v[0], v[1], count * sizeof(float));
  for (size_t k = 0; k < 2; k++) {
    free(x[k]);
    free(w[k]);
    free(m[k]);
    free(v[k]);
  }
  ig_nn context = nn(NULL);
  const float nan_values[3] = {1, NAN, 2};
  ig_parameter_span span;
  ig_parameter_groups groups = all_of(&span, 3);
  const double norm_of_nan = ig_optimizer_norm(&context, &groups, nan_values);
  assert_true(norm_of_nan != norm_of_nan);
  groups = all_of(&span, 0);
  assert_true(ig_optimizer_norm(&context, &groups, nan_values) == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(as_torch), cmocka_unit_test(negative_control),
                                     cmocka_unit_test(norm_and_threads)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
