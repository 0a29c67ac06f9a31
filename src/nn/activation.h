// Pointwise activations over (rows, columns), split over threads by rows.
#ifndef IG_NN_ACTIVATION_H
#define IG_NN_ACTIVATION_H
#include "nn/nn.h"

// output = f(input); output may be input.
void ig_activation_forward(ig_nn *nn, ig_activation kind, int rows, int columns, const float *input,
                           float *output);
// dinput = doutput * f'(input); dinput may be doutput. It is always overwritten: `accumulate` must
// be false.
void ig_activation_backward(ig_nn *nn, ig_activation kind, int rows, int columns,
                            const float *input, const ig_layer_gradient *gradient);
#endif
