// Self-attention: rows attend to the rows of their own sequence, or to its past in a cache. Query,
// key and value are one product.
#ifndef IG_NN_SELF_ATTENTION_H
#define IG_NN_SELF_ATTENTION_H
#include "nn/multi_head_attention.h"

// A decoder's memory of its past: where the keys and values of the new rows are stored, and how
// each sequence finds its own.
typedef struct ig_kv_cache {
  ig_kv_rows rows;    // (capacity, 2w): key | value
  const int *store;   // (new rows): the cache row that takes each new row's key and value
  const int *length;  // (sequences), the new row included
  const int *index;   // (sequences, index_stride): cache rows of positions 0 .. length-1
  size_t index_stride;
} ig_kv_cache;

// The rows, and what they see.
typedef struct ig_self_attention_args {
  ig_ragged rows;
  const ig_attention_mask *mask;  // or NULL
  const ig_kv_cache *cache;  // NULL: the keys are the rows themselves. The backward knows no cache.
} ig_self_attention_args;

// rows: the most there will be; sequences are at most as many.
void ig_self_attention_carve(ig_multi_head_attention_state *state, ig_arena *arena,
                             const ig_multi_head_attention *attention, int rows);
// input and output (rows, d).
void ig_self_attention_forward(ig_nn *nn, const ig_multi_head_attention *attention,
                               const ig_multi_head_attention_state *state,
                               const ig_self_attention_args *args, const float *input,
                               float *output);
void ig_self_attention_backward(ig_nn *nn, const ig_multi_head_attention *attention,
                                const ig_multi_head_attention_state *state,
                                const ig_self_attention_args *args, const float *input,
                                const ig_layer_gradient *gradient);
size_t ig_self_attention_scratch(const ig_nn *nn, const ig_multi_head_attention *attention,
                                 const ig_attention_sizes *sizes);
#endif
