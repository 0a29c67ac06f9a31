// Multi-head attention: projections round nn/attention.h   (Vaswani et al. 2017, 3.2.2)
//
// What self-attention and cross-attention have in common. How each runs is in
// nn/self_attention.h and nn/cross_attention.h.
#ifndef IG_NN_MULTI_HEAD_ATTENTION_H
#define IG_NN_MULTI_HEAD_ATTENTION_H
#include "nn/attention.h"
#include "nn/linear.h"

typedef struct ig_multi_head_attention {
  int d_model, heads;
  float scale;
  // Self-attention: query, key and value in one, (3d, d), in this order. Cross-attention: (d, d).
  ig_linear query;
  ig_linear key_value;  // cross-attention only: (2d, d)
  ig_linear output;     // (d, d)
  ig_dropout dropout;   // on the probabilities
} ig_multi_head_attention;

// What the forward leaves for the backward.
typedef struct ig_multi_head_attention_state {
  float *projected;  // self (rows, 3d): q | k | v; cross (rows, d): q
  float *context;    // (rows, d)
  int *length;       // self: (sequences), the keys of each, where there is no cache
} ig_multi_head_attention_state;

// What an attention runs over, at most.
typedef struct ig_attention_sizes {
  int rows;         // of queries
  int memory_rows;  // of keys in cross-attention
  int max_keys;     // of one sequence
  bool training;
} ig_attention_sizes;

// The arguments of nn/attention.h but for the keys: queries of `rows`, the first columns of
// `projected` (rows, stride). mask may be NULL.
ig_attention_args ig_multi_head_attention_queries(const ig_multi_head_attention *attention,
                                                  const ig_ragged *rows,
                                                  const ig_attention_mask *mask,
                                                  const float *projected, size_t stride);
// Scratch bytes of the forward. `sizes` may be those of training.
size_t ig_multi_head_attention_scratch(const ig_nn *nn, const ig_multi_head_attention *attention,
                                       const ig_attention_sizes *sizes);
#endif
