// How tensors are cut into blocks of rows, and what memory methods ask for then.
#ifndef IG_FUSE_RUN_BLOCKING_H
#define IG_FUSE_RUN_BLOCKING_H
#include "fuse/plan/fusion_plan.h"

// How a tensor is cut: whole rows, as many as fill a block.
typedef struct ig_blocking {
  size_t rows, columns, block_rows, blocks;
} ig_blocking;
ig_blocking ig_blocking_of(const ig_plan_tensor *tensor);
// Of all tensors that are seen as one: of one row. *first: the first of them; NULL: there are none.
ig_blocking ig_blocking_of_joined(const ig_fusion_plan *plan, const ig_plan_tensor **first);
// What a method is told of a tensor that is cut so.
ig_merge_tensor ig_blocking_merge_tensor(const ig_fusion_plan *plan, const ig_plan_tensor *tensor,
                                         const ig_blocking *cut);

// The most that any tensor asks for.
typedef struct ig_blocking_sizes {
  size_t values;  // of a block
  size_t inputs;  // besides the base
  size_t state, large_state,
      span_state;  // of a tensor of one block, of several, of all that are seen as one
  size_t small_workspace, workspace;  // likewise
  size_t sums, counts;
  size_t sample;    // values
  size_t all_sums;  // of all blocks of a tensor
  size_t blocks;    // of a tensor
  size_t lora;
} ig_blocking_sizes;
ig_blocking_sizes ig_blocking_measure(const ig_fusion_plan *plan);
#endif
