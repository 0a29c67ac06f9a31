// The gradients of an update's micro-batches, added up in a binary tree: its left branch has the
// largest power of two of leaves below their number. A branch is added up as soon as it is
// complete, so that what is kept aside are at most floor(log2(leaves)) arrays.
//
// Example: of 6 leaves, ((0 + 1) + (2 + 3)) + (4 + 5).
#ifndef IG_TRAIN_GRADIENT_TREE_H
#define IG_TRAIN_GRADIENT_TREE_H
#include "base/arena.h"
#include "base/pool.h"
#include "nn/nn.h"
#include "train/parameter_groups.h"

typedef struct ig_gradient_tree {
  const ig_kernels *kernels;
  ig_pool *pool;
  const ig_parameter_groups *groups;  // what is frozen has no gradients
  float *gradients;                   // of the model: each leaf is computed here
  size_t leaves;
  size_t depth;  // branches that are aside
  float *aside;  // (floor(log2(leaves)), values)
  ig_arena memory;
} ig_gradient_tree;  // ig_gradient_tree_free

// What the gradients are, all but the last two members, is the caller's.
ig_status ig_gradient_tree_reserve(ig_gradient_tree *tree, ig_error *err);
void ig_gradient_tree_free(ig_gradient_tree *tree);
// The gradients are those of this leaf, from 0 on. After the last one they are the sum, after any
// other they are 0.
void ig_gradient_tree_add(ig_gradient_tree *tree, size_t leaf);
#endif
