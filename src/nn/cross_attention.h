// Cross-attention: rows attend to those of another stack, the memory. The memory's keys and values
// are made once, by ig_cross_attention_keys, and then serve every row.
#ifndef IG_NN_CROSS_ATTENTION_H
#define IG_NN_CROSS_ATTENTION_H
#include "nn/multi_head_attention.h"

// The rows, and what they see.
typedef struct ig_cross_attention_args {
  ig_ragged rows;
  ig_keys keys;                   // views into the rows (stride 2w) of ig_cross_attention_keys
  const ig_attention_mask *mask;  // or NULL
} ig_cross_attention_args;

typedef struct ig_cross_attention_gradient {
  ig_layer_gradient rows;
  int memory_rows;
  const float *memory;  // (memory rows, d)
  float *dmemory;       // (memory rows, d), added to; NULL: not wanted
} ig_cross_attention_gradient;

// rows: the most there will be; sequences are at most as many.
void ig_cross_attention_carve(ig_multi_head_attention_state *state, ig_arena *arena,
                              const ig_multi_head_attention *attention, int rows);
// Writes rows (memory rows, 2w): key | value of each row of memory (memory rows, d).
void ig_cross_attention_keys(ig_nn *nn, const ig_multi_head_attention *attention, int memory_rows,
                             const float *memory, ig_kv_rows rows);
// input and output (rows, d).
void ig_cross_attention_forward(ig_nn *nn, const ig_multi_head_attention *attention,
                                const ig_multi_head_attention_state *state,
                                const ig_cross_attention_args *args, const float *input,
                                float *output);
// After the forward of the same args: its probabilities.
void ig_cross_attention_weights(ig_nn *nn, const ig_multi_head_attention *attention,
                                const ig_multi_head_attention_state *state,
                                const ig_cross_attention_args *args,
                                const ig_attention_weights *out);
void ig_cross_attention_backward(ig_nn *nn, const ig_multi_head_attention *attention,
                                 const ig_multi_head_attention_state *state,
                                 const ig_cross_attention_args *args, const float *input,
                                 const ig_cross_attention_gradient *gradient);
size_t ig_cross_attention_scratch(const ig_nn *nn, const ig_multi_head_attention *attention,
                                  const ig_attention_sizes *sizes);
#endif
