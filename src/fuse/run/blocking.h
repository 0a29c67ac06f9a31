// How tensors are divided into blocks of rows, and the memory that methods need for them.
//
// Some methods treat all tensors as one vector (ig_fusion_plan_joins). Its blocks are those of its
// members, numbered through:
//
//   tensor A          tensor B     tensor C
//   | 0 | 1 | 2 | 3 || 4 | 5 | 6 || 7 | 8 |     one vector of one row, blocks 0 .. 8
#ifndef IG_FUSE_RUN_BLOCKING_H
#define IG_FUSE_RUN_BLOCKING_H
#include "fuse/plan/fusion_plan.h"

// A tensor as a matrix in blocks of whole rows: as many rows as fill a block.
typedef struct ig_blocking {
  size_t rows, columns, block_rows, blocks;
} ig_blocking;
ig_blocking ig_blocking_of(const ig_plan_tensor *tensor);
// Whether the tensor's method may want a Gram matrix, or frequencies, of each of its inputs. Such a
// tensor is fused by itself, with all threads, even if it is of one block.
bool ig_blocking_has_grams(const ig_plan_tensor *tensor);
// The blocks of the concatenation of all tensors that are joined, as a matrix of one row. *first:
// the first such tensor; NULL: no tensors are joined.
ig_blocking ig_blocking_of_joined(const ig_fusion_plan *plan, const ig_plan_tensor **first);
// What a method is told of a tensor in these blocks.
ig_merge_tensor ig_blocking_merge_tensor(const ig_fusion_plan *plan, const ig_plan_tensor *tensor,
                                         const ig_blocking *blocking);

// The most that any tensor of a plan needs.
typedef struct ig_blocking_sizes {
  size_t values;  // of a block
  size_t inputs;  // besides the base
  // Bytes of a method's state and of its workspace.
  size_t state;            // for a tensor of one block
  size_t large_state;      // for a tensor of several blocks
  size_t joined_state;     // for the joined tensors
  size_t small_workspace;  // for a tensor of one block
  size_t workspace;        // for a tensor of several blocks, or for the joined tensors
  size_t sums, counts;     // of one block in one pass
  size_t probe;            // values
  size_t all_sums;         // of all blocks of a tensor
  size_t blocks;           // of a tensor
  size_t gram;             // values of a Gram matrix
  size_t lora;             // floats of scratch for adapters
} ig_blocking_sizes;
ig_blocking_sizes ig_blocking_measure(const ig_fusion_plan *plan);
#endif
