// The symmetric divergence of two rows of logits.
#include "nn/agreement.h"

#include <string.h>

#include "base/vectors.h"

// A token that is impossible (a logit of -infinity) is so for both, and adds nothing.
IG_VECTORS static void take_difference(size_t n, float shift, const float *x, const float *y,
                                       const float *p, const float *q, float *out) {
  for (size_t i = 0; i < n; i++) out[i] = p[i] == 0 && q[i] == 0 ? 0 : x[i] - y[i] - shift;
}

void ig_agreement_measure(const ig_kernels *kernels, size_t n, const float *x, const float *y,
                          ig_agreement_row *row) {
  const float shift = kernels->log_sum_exp(n, x) - kernels->log_sum_exp(n, y);
  memcpy(row->p, x, n * sizeof *x);
  kernels->softmax(n, row->p);
  memcpy(row->q, y, n * sizeof *y);
  kernels->softmax(n, row->q);
  take_difference(n, shift, x, y, row->p, row->q, row->difference);
  row->to_p = kernels->dot(n, row->p, row->difference);
  row->to_q = -kernels->dot(n, row->q, row->difference);
}

IG_VECTORS static void add_gradients(size_t n, float half, const ig_agreement_row *row, float *dx,
                                     float *dy) {
  const float *p = row->p, *q = row->q, *d = row->difference;
  for (size_t i = 0; i < n; i++) {
    dx[i] += half * (p[i] * (d[i] - row->to_p) + p[i] - q[i]);
    dy[i] += half * (q[i] * (-d[i] - row->to_q) + q[i] - p[i]);
  }
}

void ig_agreement_backward(size_t n, const ig_agreement_row *row, float scale, float *dx,
                           float *dy) {
  add_gradients(n, 0.5f * scale, row, dx, dy);
}
