// Pointwise activations over (rows, columns), split over threads by rows.
#ifndef IG_NN_ACTIVATION_H
#define IG_NN_ACTIVATION_H
#include "nn/nn.h"
void ig_activation_forward(ig_nn *nn, ig_activation kind, int rows, int columns, const float *input,
                           float *output);
// dinput = doutput * f'(input); dinput may be doutput.
void ig_activation_backward(ig_nn *nn, ig_activation kind, int rows, int columns,
                            const float *input, const float *doutput, float *dinput);
#endif
