// Positions in PyTorch's stream of random numbers: where each tensor and model begins, and each
// block of the one large tensor that is being fused. With them, blocks can be drawn in any order.
#ifndef IG_FUSE_RUN_DRAWS_H
#define IG_FUSE_RUN_DRAWS_H
#include "fuse/plan/fusion_plan.h"
#include "numeric/torch_random.h"

typedef struct ig_draws {
  const ig_fusion_plan *plan;
  size_t models;            // the most inputs of a tensor
  ig_torch_random *begin;   // (tensors, models)
  ig_torch_random *blocks;  // (models, blocks of the tensor that is being merged)
  size_t capacity;          // blocks of the largest tensor
} ig_draws;

// *out is NULL if the recipe does not ask for PyTorch's numbers, or if the method draws none.
// most_blocks: the most that any tensor has.
ig_status ig_draws_create(const ig_fusion_plan *plan, size_t most_blocks, ig_draws **out,
                          ig_error *err);
void ig_draws_free(ig_draws *draws);
// Finds the positions of the blocks of tensor `index`. Each block but the last has block_values
// values.
void ig_draws_enter(ig_draws *draws, size_t index, size_t blocks, size_t block_values);
// Which numbers are drawn.
typedef struct ig_draws_position {
  size_t tensor, model, block;
  bool entered;  // by ig_draws_enter; else the tensor has one block
} ig_draws_position;
// Draws `count` numbers from that position on.
void ig_draws_uniform(const ig_draws *draws, const ig_draws_position *position, size_t count,
                      float *out);
#endif
