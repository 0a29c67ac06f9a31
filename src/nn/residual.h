// The residual sum round a sublayer, with the dropout that its second part goes through.
#ifndef IG_NN_RESIDUAL_H
#define IG_NN_RESIDUAL_H
#include "nn/nn.h"

typedef struct ig_residual_args {
  const ig_dropout *dropout;
  int rows, columns;
  const float *residual;  // (rows, columns)
  const float *input;     // (rows, columns)
  float *output;          // (rows, columns); may be `residual` or `input`
} ig_residual_args;

// output = residual + dropout(input); the plain sum where dropout is not active.
void ig_residual_forward(ig_nn *nn, const ig_residual_args *args);
#endif
