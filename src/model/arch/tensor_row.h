// The tensors of a family as a table: one row says which part of the Transformer a tensor is, and
// what a file calls it. The table's order is the order in memory. Its rules:
// - Embeddings come first, and constants (LOGITS_BIAS, POSITIONS) last.
// - Query, key and value of one attention follow one another, weights and biases apart, so that one
//   product serves all three: QUERY, KEY, VALUE weights and then their biases; or PROJECTIONS, the
//   three in one tensor. So do GATE and GATED.
// - A row with %d in its name is a tensor of each layer. The consecutive rows of one stack that
//   have it are repeated together, layer by layer.
// - A row whose tensor the model's options do not ask for (a bias without `bias`, an output weight
//   that is tied) is passed over.
// A tensor's shape follows from its part: model/create/layout.c.
#ifndef IG_MODEL_ARCH_TENSOR_ROW_H
#define IG_MODEL_ARCH_TENSOR_ROW_H
#include <stdbool.h>
#include "model/config.h"

typedef enum ig_stack { IG_STACK_NONE, IG_STACK_ENCODER, IG_STACK_DECODER } ig_stack;

// With d = d_model, e = embedding_size (d, where it is 0), V = the vocabulary's size, w = heads *
// head size (d, where a family has no head size of its own), and the shapes of weight / bias.
typedef enum ig_part {
  IG_PART_IGNORED,  // files may hold it, nobody reads it
  // files may hold it: the shared embedding once more. Where source and target do not share one,
  // another row has the name, or nobody reads it.
  IG_PART_SHARED_EMBEDDING_COPY,
  IG_PART_SHARED_EMBEDDING,  // (V, e), if source and target share one table
  IG_PART_SOURCE_EMBEDDING,  // (V, e), if they do not
  IG_PART_TARGET_EMBEDDING,
  // (positions.offset + positions.count, e): a stack's trained table
  IG_PART_LEARNED_POSITIONS,
  IG_PART_SELF_PROJECTIONS,  // (3w, d) / (3w): query, key, value
  IG_PART_SELF_QUERY,        // (w, d) / (w), as the following
  IG_PART_SELF_KEY,
  IG_PART_SELF_VALUE,
  IG_PART_SELF_OUTPUT,        // (d, w) / (d)
  IG_PART_CROSS_PROJECTIONS,  // (3w, d) / (3w)
  IG_PART_CROSS_QUERY,        // (w, d) / (w), as the following
  IG_PART_CROSS_KEY,
  IG_PART_CROSS_VALUE,
  IG_PART_CROSS_OUTPUT,    // (d, w) / (d)
  IG_PART_CELL_CANDIDATE,  // (d, d), without a bias: of a recurrent unit in place of self-attention
  IG_PART_CELL_FORGET,     // (d, d) / (d)
  // (buckets, heads): of all layers of the stack, or with %d in its name of one
  IG_PART_RELATIVE_BIAS,
  IG_PART_INNER,           // (inner, d) / (inner): the first layer of a feed-forward without a gate
  IG_PART_GATE,            // (inner, d) / (inner): of one with a gate, what is activated,
  IG_PART_GATED,           // (inner, d) / (inner): and what that multiplies
  IG_PART_OUTER,           // (d, inner) / (d): the last layer
  IG_PART_TOKEN_TYPES,     // (token types, e): is added to the embeddings of the encoder
  IG_PART_EMBEDDING_NORM,  // (e) / (e)
  // (d, e) / (d): of the rows after that norm, if the model has an embedding_size
  IG_PART_EMBEDDING_PROJECTION,
  IG_PART_SELF_NORM,  // (d) / (d), as the following
  IG_PART_CROSS_NORM,
  IG_PART_FEED_FORWARD_NORM,
  IG_PART_FINAL_NORM,  // after the last layer of a stack
  // With o = e for masked tokens, else d:
  IG_PART_HEAD_DENSE,  // (o, d) / (o): of the head, before the output
  IG_PART_HEAD_NORM,   // (o) / (o): after it
  // (outputs, o), if it is not tied / (outputs), if there is one: V of a language model, else what
  // the head gives for each row or sequence
  IG_PART_OUTPUT,
  IG_PART_LOGITS_BIAS,  // (1, V): a constant that is added to the logits
  // (positions.count, d): a stack's constant table of positions, which files hold. A stack without
  // this row adds computed sinusoids.
  IG_PART_POSITIONS,
} ig_part;

typedef struct ig_tensor_row {
  ig_stack stack;
  ig_part part;
  bool bias;             // of the part; false: its weight
  const char *name;      // in the state_dict; %d: the layer's number; anything else is itself
  bool optional;         // a file may leave it out: what ig_initialize_constant gives
  const char *alias[2];  // what a file may call it instead; NULL: nothing
  bool leftover;         // files may hold it where the model's options do not ask for it
  int of_heads;          // the heads that have it, a bit for each ig_head_kind; 0: all
} ig_tensor_row;

// Whether this is the source or the target embedding table, or the one for both.
static inline bool ig_tensor_row_is_embedding(const ig_tensor_row *row) {
  return row->part == IG_PART_SHARED_EMBEDDING || row->part == IG_PART_SOURCE_EMBEDDING ||
         row->part == IG_PART_TARGET_EMBEDDING;
}

static inline bool ig_tensor_row_is_of_head(const ig_tensor_row *row, ig_head_kind head) {
  return !row->of_heads || (row->of_heads >> head & 1);
}

// Whether it is never trained.
static inline bool ig_tensor_row_is_constant(const ig_tensor_row *row) {
  return row->part == IG_PART_LOGITS_BIAS || row->part == IG_PART_POSITIONS;
}

#define IG_ROW_WEIGHT(in, of, called) \
  { .stack = IG_STACK_##in, .part = IG_PART_##of, .name = called }
#define IG_ROW_BIAS(in, of, called) \
  { .stack = IG_STACK_##in, .part = IG_PART_##of, .bias = true, .name = called }
// Two rows, "NAME.weight" and "NAME.bias": linear layers and norms.
#define IG_ROWS(stack, part, name) \
  IG_ROW_WEIGHT(stack, part, name ".weight"), IG_ROW_BIAS(stack, part, name ".bias")
#define IG_ROW_IGNORED(name) IG_ROW_WEIGHT(NONE, IGNORED, name)
#define IG_ROW_COPY(name) IG_ROW_WEIGHT(NONE, SHARED_EMBEDDING_COPY, name)
#endif
