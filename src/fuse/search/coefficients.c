#include "fuse/search/coefficients.h"

#include <math.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"

ig_status ig_coefficients_make(size_t models, size_t each, double start, ig_coefficients *out,
                               ig_error *err) {
  const size_t count = models * each;
  *out = (ig_coefficients){.models = models, .each = each};
  out->values = ig_allocate(count, 4 * sizeof *out->values, err);
  if (!out->values) return IG_ERROR_MEMORY;
  out->gradient = out->values + count;
  out->m = out->gradient + count;
  out->v = out->m + count;
  for (size_t i = 0; i < count; i++) out->values[i] = start;
  return IG_OK;
}

void ig_coefficients_free(ig_coefficients *c) {
  free(c->values);
  *c = (ig_coefficients){0};
}

ig_status ig_coefficients_update(ig_coefficients *c, const ig_coefficients_step *step,
                                 ig_error *err) {
  const double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  const size_t count = c->models * c->each;
  for (size_t i = 0; i < count; i++)
    if (!isfinite(c->gradient[i]))
      return ig_fail(err, IG_ERROR_DIVERGED, "update %d: a coefficient's gradient is %g",
                     c->updates + 1, c->gradient[i]);
  c->updates++;
  const double correction1 = 1 - pow(beta1, c->updates), correction2 = 1 - pow(beta2, c->updates);
  for (size_t i = 0; i < count; i++) {
    const double g = c->gradient[i] + step->decay * (c->values[i] - step->start);
    c->m[i] = beta1 * c->m[i] + (1 - beta1) * g;
    c->v[i] = beta2 * c->v[i] + (1 - beta2) * g * g;
    const double moved = c->values[i] - step->learning_rate * (c->m[i] / correction1) /
                                            (sqrt(c->v[i] / correction2) + eps);
    c->values[i] = fmin(fmax(moved, step->bounds[0]), step->bounds[1]);
  }
  return IG_OK;
}
