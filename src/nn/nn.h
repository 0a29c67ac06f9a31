// What every layer is given: kernels, threads, scratch memory and the key of its random numbers.
#ifndef IG_NN_NN_H
#define IG_NN_NN_H
#include "base/arena.h"
#include "base/interrupt.h"
#include "base/pool.h"
#include "kernel/kernels.h"
#include "nn/ragged.h"

// What the operands of linear layers' products are rounded to in training, forward and backward.
typedef enum ig_compute {
  IG_COMPUTE_FLOAT32,
  IG_COMPUTE_BFLOAT16,  // kernel/bf16_unit.h
} ig_compute;

// Is shown what goes into each linear layer, before the layer computes: weight (out, in) as the
// layer has it, input (rows, in).
typedef struct ig_linear_observer {
  void (*see)(void *context, const float *weight, int rows, const float *input);
  void *context;
} ig_linear_observer;

typedef struct ig_nn {
  const ig_kernels *kernels;
  ig_pool *pool;  // NULL: serial
  // Each call marks it, takes from it and releases it. It is as large as the largest *_scratch of
  // the layers that will run.
  ig_arena *scratch;
  // Dropout is applied, and large products go to the matrix unit if there is one
  // (nn/gemm_unit.h).
  bool training;
  ig_compute compute;  // read in training only; scratch is measured for it
  uint64_t seed;       // key of dropout, with `update`
  uint32_t update;
  // Rows of earlier micro-batches of the same update. Dropout counts on from there, so that
  // accumulation equals one large batch.
  uint32_t first_row;
  // Once it has seen a request, products and attention leave out what they have not computed yet:
  // what comes out of the layers is then of no use. NULL: all is always computed.
  ig_interrupt_watch *watch;
  const ig_linear_observer *observer;  // NULL: nobody looks
} ig_nn;

// Where dropout is applied: `stream` names the place, unique in the model.
typedef struct ig_dropout {
  float probability;
  uint32_t stream;
} ig_dropout;

// What the backward of a layer reads and writes besides what its forward read.
typedef struct ig_layer_gradient {
  const float *doutput;  // (rows, columns of the output)
  // (rows, columns of the input): written, or added to if `accumulate`. NULL: not wanted, of linear
  // layers and of those that begin with one
  float *dinput;
  bool accumulate;
} ig_layer_gradient;
#endif
