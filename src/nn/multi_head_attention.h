// Multi-head attention: projections round nn/attention.h   (Vaswani et al. 2017, 3.2.2)
#ifndef IG_NN_MULTI_HEAD_ATTENTION_H
#define IG_NN_MULTI_HEAD_ATTENTION_H
#include "nn/attention.h"
#include "nn/linear.h"

typedef struct ig_multi_head_attention {
  int d_model, heads;
  float scale;
  ig_linear query;      // self-attention: query, key and value in one, (3d, d), in this order;
                        // cross-attention: (d, d)
  ig_linear key_value;  // cross-attention only: (2d, d)
  ig_linear output;     // (d, d)
  ig_dropout dropout;   // on the probabilities
} ig_multi_head_attention;

// A decoder's memory of its past: where the new rows' keys and values are stored, and how each
// sequence finds its own.
typedef struct ig_kv_cache {
  float *rows;        // (capacity, 2d): key | value
  const int *store;   // (new rows): the cache row that takes each new row's key and value
  const int *length;  // (sequences), the new row included
  const int *index;   // (sequences, index_stride): cache rows of positions 0 .. length-1
  size_t index_stride;
} ig_kv_cache;

typedef struct ig_multi_head_attention_state {
  float *projected;  // self (rows, 3d): q | k | v; cross (rows, d): q
  float *context;    // (rows, d)
  int *length;       // (sequences): keys of each in self-attention without a cache
} ig_multi_head_attention_state;

// rows: of queries; as many sequences at most. cross: the keys are another stack's rows.
void ig_multi_head_attention_carve(ig_multi_head_attention_state *state, ig_arena *arena,
                                   const ig_multi_head_attention *attention, int rows, bool cross);

// Self-attention: input and output (rows, d). cache NULL: keys are the rows themselves.
void ig_self_attention_forward(ig_nn *nn, const ig_multi_head_attention *attention,
                               const ig_multi_head_attention_state *state, const ig_ragged *rows,
                               const ig_attention_mask *mask, const ig_kv_cache *cache,
                               const float *input, float *output);
// dinput = ... (+ dinput if accumulate)
void ig_self_attention_backward(ig_nn *nn, const ig_multi_head_attention *attention,
                                const ig_multi_head_attention_state *state, const ig_ragged *rows,
                                const ig_attention_mask *mask, const float *input,
                                const float *doutput, float *dinput, bool accumulate);

// Cross-attention: keys and values of the memory once, key_value (memory rows, 2d) ...
void ig_cross_attention_keys(ig_nn *nn, const ig_multi_head_attention *attention, int memory_rows,
                             const float *memory, float *key_value);
// ... then each query row. keys: views into key_value (stride 2d).
void ig_cross_attention_forward(ig_nn *nn, const ig_multi_head_attention *attention,
                                const ig_multi_head_attention_state *state, const ig_ragged *rows,
                                const ig_keys *keys, const ig_attention_mask *mask,
                                const float *input, float *output);
// dinput as above; dmemory (memory rows, d) is added to.
void ig_cross_attention_backward(ig_nn *nn, const ig_multi_head_attention *attention,
                                 const ig_multi_head_attention_state *state, const ig_ragged *rows,
                                 const ig_keys *keys, const ig_attention_mask *mask,
                                 const float *input, const float *doutput, float *dinput,
                                 bool accumulate, int memory_rows, const float *memory,
                                 float *dmemory);
typedef struct ig_attention_sizes {
  int rows, memory_rows;  // memory_rows: of keys in cross-attention
  int max_keys;           // of one sequence
  bool training;
} ig_attention_sizes;
size_t ig_multi_head_attention_scratch(const ig_nn *nn, const ig_multi_head_attention *attention,
                                       const ig_attention_sizes *sizes);
#endif
