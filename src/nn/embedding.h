// Token embeddings, scaled, plus positions.
#ifndef IG_NN_EMBEDDING_H
#define IG_NN_EMBEDDING_H
#include "nn/nn.h"

typedef struct ig_embedding {
  int vocabulary, size;  // V, d
  const float *weight;   // (V, d)
  float *weight_gradient;
  float scale;    // 1 or sqrt(d)
  int frozen_id;  // look-ups of this id give no gradient; -1: none
} ig_embedding;

// output row r = scale * weight[ids[r]] + positions[position[r]]; position (rows): 0-based place in
// its sequence; positions (max, d).
void ig_embedding_forward(ig_nn *nn, const ig_embedding *embedding, int rows, const int *ids,
                          const int *position, const float *positions, float *output);
// Adds to weight_gradient. The same bits for any number of threads (split over columns, rows in
// order).
void ig_embedding_backward(ig_nn *nn, const ig_embedding *embedding, int rows, const int *ids,
                           const float *doutput);

// Sinusoids (Vaswani et al. 2017, 3.5), computed in double: fills table (positions, d).
void ig_sinusoids(ig_positions kind, int positions, int d, float *table);
#endif
