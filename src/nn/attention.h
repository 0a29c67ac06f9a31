// Scaled dot-product attention over ragged rows: softmax(scale Q K^T + mask) V per (sequence, head)
// (Vaswani et al. 2017, eq. 1) Projections live in nn/multi_head_attention.h.
#ifndef IG_NN_ATTENTION_H
#define IG_NN_ATTENTION_H
#include "nn/nn.h"

// Where the keys and values of sequence s stand. Key t is at row index[s * index_stride + t] if
// index is given (a decoder's cache, where beams share their past), else at row begin[s] + t.
typedef struct ig_keys {
  const float *key, *value;  // (any rows, stride): head h owns columns h*head_dim .. of each
  size_t stride;             // floats between rows
  const int *begin;          // (sequences) or NULL when index is given
  const int *length;         // (sequences)
  const int *index;          // (sequences, index_stride) or NULL
  size_t index_stride;
} ig_keys;

// Added to the scaled scores; each pointer may be NULL. Element (s, h, i, j) of mask:
// mask[s*mask_sequence + h*mask_head + i*mask_row + j].
typedef struct ig_attention_mask {
  const float *mask;
  size_t mask_sequence, mask_head, mask_row;
  const float *key_padding;  // (s, j): key_padding[s*padding_sequence + j]
  size_t padding_sequence;
  bool causal;  // query i of a sequence sees keys 0 .. i (+ keys - queries)
} ig_attention_mask;

typedef struct ig_attention_args {
  int heads, head_dim;
  float scale;
  ig_ragged queries;
  const float *query;  // (rows, query_stride)
  size_t query_stride;
  ig_keys keys;
  ig_attention_mask mask;
  ig_dropout dropout;  // on the probabilities
} ig_attention_args;

// output (rows, heads*head_dim).
void ig_attention_forward(ig_nn *nn, const ig_attention_args *args, float *output);
// dquery (rows, dquery_stride), dkey and dvalue laid out as keys (stride dkey_stride): all
// overwritten. Only for contiguous keys (index NULL), each row owned by one sequence.
typedef struct ig_attention_gradients {
  float *dquery;
  size_t dquery_stride;
  float *dkey, *dvalue;
  size_t dkey_stride;
} ig_attention_gradients;
// doutput (rows, heads*head_dim). Probabilities are computed again from args, which are those of
// the forward.
void ig_attention_backward(ig_nn *nn, const ig_attention_args *args, const float *doutput,
                           const ig_attention_gradients *gradients);
size_t ig_attention_scratch(const ig_nn *nn, int head_dim, int max_keys);  // bytes, either way
#endif
