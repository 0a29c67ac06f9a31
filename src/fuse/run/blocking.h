// How tensors are cut into blocks of rows, and what memory methods ask for then.
#ifndef IG_FUSE_RUN_BLOCKING_H
#define IG_FUSE_RUN_BLOCKING_H
#include "fuse/plan/plan.h"

// How a tensor is cut: whole rows, as many as fill a block.
typedef struct ig_cut {
  size_t rows, columns, block_rows, blocks;
} ig_cut;
ig_cut ig_cut_of(const ig_plan_tensor *tensor);
// Of all tensors that are seen as one: of one row. *first: the first of them; NULL: there are none.
ig_cut ig_cut_of_span(const ig_plan *plan, const ig_plan_tensor **first);
// What a method is told of a tensor that is cut so.
ig_merge ig_cut_merge(const ig_plan *plan, const ig_plan_tensor *tensor, const ig_cut *cut);

// The most that any tensor asks for.
typedef struct ig_sizes {
  size_t values;  // of a block
  size_t inputs;  // besides the base
  size_t state, large_state,
      span_state;           // of a tensor of one block, of several, of all that are seen as one
  size_t small_room, room;  // likewise
  size_t sums, counts;
  size_t sample;    // values
  size_t all_sums;  // of all blocks of a tensor
  size_t blocks;    // of a tensor
  size_t lora;
} ig_sizes;
ig_sizes ig_cut_sizes(const ig_plan *plan);
#endif
