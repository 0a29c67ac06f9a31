// Inverted dropout (Srivastava et al. 2014). Its mask is a pure function of (seed, update, stream,
// row, column): it is generated where it is used, and never stored.
#ifndef IG_NN_DROPOUT_H
#define IG_NN_DROPOUT_H
#include "nn/nn.h"

// Whether dropout changes anything: in training, if its probability is not 0.
bool ig_dropout_active(const ig_nn *nn, const ig_dropout *dropout);
// The key of one row. Attention adds its head to counter[0].
ig_dropout_row ig_dropout_key(const ig_nn *nn, const ig_dropout *dropout, uint32_t row);
// output = dropout(input), (rows, columns); output may be input. The backward is the same call on
// the gradient.
void ig_dropout_forward(ig_nn *nn, const ig_dropout *dropout, int rows, int columns,
                        const float *input, float *output);
#endif
