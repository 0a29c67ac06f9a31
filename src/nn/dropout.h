// Inverted dropout (Srivastava et al. 2014), its mask a pure function of (seed, update, stream,
// row, column): generated where used, never stored.
#ifndef IG_NN_DROPOUT_H
#define IG_NN_DROPOUT_H
#include "nn/nn.h"

bool ig_dropout_active(const ig_nn *nn, const ig_dropout *dropout);
// The key of one row (attention adds its head to counter[0]).
ig_dropout_row ig_dropout_key(const ig_nn *nn, const ig_dropout *dropout, uint32_t row);
// output = dropout(input), (rows, columns); in place. Backward is the same call on the gradient.
void ig_dropout_forward(ig_nn *nn, const ig_dropout *dropout, int rows, int columns,
                        const float *input, float *output);
// output = residual + dropout(x), (rows, columns); output may be residual or x. Without dropout:
// the plain sum.
void ig_residual_forward(ig_nn *nn, const ig_dropout *dropout, int rows, int columns,
                         const float *residual, const float *x, float *output);
#endif
