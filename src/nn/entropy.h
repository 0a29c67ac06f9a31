// The entropy of the distribution that logits z give, as a loss of a row:
//   p = softmax(z),  H = - sum p log p,  dH/dz = - p (log p + H)
// It needs no target   (Grandvalet & Bengio 2004, "Semi-supervised learning by entropy
// minimization"; for coefficients of a fusion Yang et al. 2024, AdaMerging).
#ifndef IG_NN_ENTROPY_H
#define IG_NN_ENTROPY_H
#include "kernel/kernels.h"

// A row of V columns.
typedef struct ig_entropy_row {
  float *probabilities;  // (V): overwritten
  float *logits;         // (V): become the gradient, times gradient_scale
  float gradient_scale;
  float entropy;  // written
} ig_entropy_row;
void ig_entropy_run_row(const ig_kernels *kernels, size_t vocabulary, ig_entropy_row *row);
#endif
