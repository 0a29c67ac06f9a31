// Scaled dot-product attention over ragged rows: softmax(scale Q K^T + mask) V for each (sequence,
// head) (Vaswani et al. 2017, eq. 1). Projections are in nn/multi_head_attention.h.
#ifndef IG_NN_ATTENTION_H
#define IG_NN_ATTENTION_H
#include "nn/kv_rows.h"
#include "nn/nn.h"

// Where the keys and values of sequence s are. Key t is at row index[s * index_stride + t] if index
// is given (a decoder's cache, where beams share their past), else at row begin[s] + t.
typedef struct ig_keys {
  // (any rows, stride): head h owns columns h*head_dim .. of each. In bfloat16 only where there are
  // few queries, or an index.
  ig_kv_rows key, value;
  size_t stride;      // elements between rows
  const int *begin;   // (sequences) or NULL when index is given
  const int *length;  // (sequences)
  const int *index;   // (sequences, index_stride) or NULL
  size_t index_stride;
} ig_keys;

// What is added to the scaled scores. Each pointer may be NULL.
typedef struct ig_attention_mask {
  const float *mask;  // (s, h, i, j): mask[s*mask_sequence + h*mask_head + i*mask_row + j]
  size_t mask_sequence, mask_head, mask_row;
  const float *key_padding;  // (s, j): key_padding[s*padding_sequence + j]
  size_t padding_sequence;
  // What head h adds for key t and the query at key p is distance[h * distance_head + t - p]. Query
  // i is at key i + keys - queries. The pointer is to the middle: both signs occur.
  const float *distance;
  size_t distance_head;
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

// Where the gradients go; all are overwritten.
typedef struct ig_attention_gradients {
  float *dquery;  // (rows, dquery_stride)
  size_t dquery_stride;
  float *dkey, *dvalue;  // laid out as the keys are, but `dkey_stride` floats between rows
  size_t dkey_stride;
  // NULL, or where mask.distance is given: of what each pair of sequence and head added. That of
  // sequence s and head h has 2 keys - 1 floats, from the distance 1 - keys on, at
  // 2 heads offsets[s] + h (2 keys - 1). For sequences with as many keys as queries.
  float *ddistance;
} ig_attention_gradients;

// output (rows, heads*head_dim).
void ig_attention_forward(ig_nn *nn, const ig_attention_args *args, float *output);
// Where the probabilities go, before dropout.
typedef struct ig_attention_weights {
  int head;               // from 0; -1: the mean over all heads
  const size_t *offsets;  // (sequences): where those of each sequence begin
  float *weights;         // of each sequence (queries, keys)
} ig_attention_weights;
// args are those of the forward. In the scratch of the forward.
void ig_attention_probabilities(ig_nn *nn, const ig_attention_args *args,
                                const ig_attention_weights *out);
// doutput (rows, heads*head_dim). args are those of the forward: the probabilities are computed
// again from them. Keys must be contiguous (no index), and each of their rows owned by one
// sequence.
void ig_attention_backward(ig_nn *nn, const ig_attention_args *args, const float *doutput,
                           const ig_attention_gradients *gradients);
// Scratch bytes of forward or backward, for sequences of at most max_keys keys.
size_t ig_attention_scratch(const ig_nn *nn, int head_dim, int max_keys);
#endif
