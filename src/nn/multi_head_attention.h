// Multi-head attention: projections round nn/attention.h   (Vaswani et al. 2017, 3.2.2)
//
// What self-attention and cross-attention have in common. How each runs is in
// nn/self_attention.h and nn/cross_attention.h.
#ifndef IG_NN_MULTI_HEAD_ATTENTION_H
#define IG_NN_MULTI_HEAD_ATTENTION_H
#include "nn/attention.h"
#include "nn/linear.h"
#include "nn/relative_bias.h"

// With w = heads * head_dim, which need not be d.
typedef struct ig_multi_head_attention {
  int heads, head_dim;
  float scale;
  // Self-attention: query, key and value in one, (3w, d), in this order. Cross-attention: (w, d).
  ig_linear query;
  ig_linear key_value;    // cross-attention only: (2w, d)
  ig_linear output;       // (d, w)
  ig_relative_bias bias;  // self-attention only; without a weight: none
  ig_dropout dropout;     // on the probabilities
} ig_multi_head_attention;

// What the forward leaves for the backward.
typedef struct ig_multi_head_attention_state {
  float *projected;  // self (rows, 3w): q | k | v; cross (rows, w): q
  float *context;    // (rows, w)
  int *length;       // self: (sequences), the keys of each, where there is no cache
} ig_multi_head_attention_state;

// w: columns of the queries of all heads together, and of keys and values.
static inline size_t ig_multi_head_attention_width(const ig_multi_head_attention *attention) {
  return (size_t)attention->heads * (size_t)attention->head_dim;
}

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
