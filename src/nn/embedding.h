// Token embeddings, scaled, plus positions.
#ifndef IG_NN_EMBEDDING_H
#define IG_NN_EMBEDDING_H
#include "nn/nn.h"
#include "nn/weight_layout.h"

typedef struct ig_embedding {
  int vocabulary, size;  // V, d
  const float *weight;   // (V, d); NULL: in `packed` alone
  float *weight_gradient;
  float scale;    // 1 or sqrt(d)
  int frozen_id;  // look-ups of this id give no gradient; -1: none
  // W^T of the output layer that the table is tied to, where `weight` is NULL
  ig_packed packed;
} ig_embedding;

typedef struct ig_embedding_args {
  int rows;
  const int *ids;          // (rows)
  const int *position;     // (rows): of each row in its sequence, from 0
  const float *positions;  // (max, d): what is added at each position; NULL: nothing
  const int *type;         // (rows): of each row, where there is a table of types
  const float *types;      // (types, d): what is added to each type's tokens; NULL: nothing
} ig_embedding_args;

// Row r of output (rows, d) is scale * weight[ids[r]] + types[type[r]] + positions[position[r]].
void ig_embedding_forward(ig_nn *nn, const ig_embedding *embedding, const ig_embedding_args *args,
                          float *output);
// Adds doutput (rows, d) to weight_gradient. Threads split columns and take rows in order, so that
// the sum has the same bits for any number of threads.
void ig_embedding_backward(ig_nn *nn, const ig_embedding *embedding, int rows, const int *ids,
                           const float *doutput);
#endif
