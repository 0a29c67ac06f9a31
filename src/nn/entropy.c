// The entropy of one row of logits.
#include "nn/entropy.h"

#include <string.h>

#include "base/vectors.h"

// z becomes log p, or 0 where p is 0, for 0 times -infinity would be no number.
IG_VECTORS static void take_logarithms(size_t n, float log_sum, const float *p, float *z) {
  for (size_t i = 0; i < n; i++) z[i] = p[i] == 0 ? 0 : z[i] - log_sum;
}

IG_VECTORS static void differentiate(size_t n, float scale, float entropy, const float *p,
                                     float *log_p) {
  for (size_t i = 0; i < n; i++) log_p[i] = -scale * (p[i] * (log_p[i] + entropy));
}

void ig_entropy_run_row(const ig_kernels *kernels, size_t n, ig_entropy_row *row) {
  float *z = row->logits, *p = row->probabilities;
  const float log_sum = kernels->log_sum_exp(n, z);
  memcpy(p, z, n * sizeof *p);
  kernels->softmax(n, p);
  take_logarithms(n, log_sum, p, z);
  row->entropy = -kernels->dot(n, p, z);
  differentiate(n, row->gradient_scale, row->entropy, p, z);
}
