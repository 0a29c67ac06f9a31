// Where in torch's stream of random numbers each tensor and model begins, and each block of one
// large tensor: so that blocks can be drawn in any order.
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

// NULL where the recipe does not ask for torch's numbers, or the method draws none. most_blocks: of
// a tensor.
ig_status ig_draws_create(const ig_fusion_plan *plan, size_t most_blocks, ig_draws **out,
                          ig_error *err);
void ig_draws_free(ig_draws *draws);
// The blocks of tensor `index`, block_values each but for the last one.
void ig_draws_enter(ig_draws *draws, size_t index, size_t blocks, size_t block_values);
// The numbers (count) of a model in a block: of a tensor that was entered, or of one that has one
// block.
void ig_draws_uniform(const ig_draws *draws, size_t index, size_t model, size_t block, bool entered,
                      size_t count, float *out);
#endif
