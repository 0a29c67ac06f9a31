// What every layer is given: kernels, threads, scratch memory and the key of its random numbers.
#ifndef IG_NN_NN_H
#define IG_NN_NN_H
#include "base/arena.h"
#include "base/pool.h"
#include "kernel/kernels.h"

typedef struct ig_nn {
  const ig_kernels *kernels;
  ig_pool *pool;  // NULL: serial
  ig_arena
      *scratch;   // mark, take, release inside one call; sized by the largest *_scratch of the plan
  bool training;  // dropout on, and large products on a matrix unit where there is one
                  // (nn/gemm_split.h)
  uint64_t seed;  // dropout's key, with `update`
  uint32_t update;
  uint32_t first_row;  // continues the row count of earlier micro-batches of the same update, so
                       // that accumulation equals one large batch
} ig_nn;

// A ragged batch: rows of all sequences back to back; sequence s owns rows offsets[s] ..
// offsets[s+1]-1.
typedef struct ig_ragged {
  int sequences;
  const int *offsets;  // (sequences + 1)
} ig_ragged;
static inline int ig_ragged_rows(const ig_ragged *r) { return r->offsets[r->sequences]; }

// Where dropout is applied: `stream` names the place, unique in the model.
typedef struct ig_dropout {
  float probability;
  uint32_t stream;
} ig_dropout;

// What the backward of a layer reads and writes besides what its forward read.
typedef struct ig_layer_gradient {
  const float *doutput;  // (rows, columns of the output)
  float *dinput;         // (rows, columns of the input): written, or added to if `accumulate`
  bool accumulate;
} ig_layer_gradient;
#endif
