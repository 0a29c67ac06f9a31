// How far apart two distributions of one token are that a model gives under two draws of dropout,
// as a part of the loss   (R-Drop: Liang et al. 2021, "Regularized dropout for neural networks"):
//   p = softmax(x), q = softmax(y)
//   divergence = 1/2 (KL(p|q) + KL(q|p)) = 1/2 sum (p - q) (log p - log q)
//   ddivergence/dx = 1/2 (p (log p - log q - KL(p|q)) + p - q), and so for y
#ifndef IG_NN_AGREEMENT_H
#define IG_NN_AGREEMENT_H
#include "kernel/kernels.h"

// Two rows of V columns.
typedef struct ig_agreement_row {
  float *p, *q, *difference;  // (V): overwritten with both distributions and log p - log q
  float to_p, to_q;           // written: KL(p|q), KL(q|p)
} ig_agreement_row;
// logits x, y (V).
void ig_agreement_measure(const ig_kernels *kernels, size_t vocabulary, const float *x,
                          const float *y, ig_agreement_row *row);
// Adds the gradient, times scale, to dx and dy (V).
void ig_agreement_backward(size_t vocabulary, const ig_agreement_row *row, float scale, float *dx,
                           float *dy);
#endif
