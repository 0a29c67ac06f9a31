// Initial weights of a new model.
#ifndef IG_MODEL_INITIALIZE_H
#define IG_MODEL_INITIALIZE_H
#include "model/model.h"
// Fills all values. Each tensor's numbers depend on (seed, its name) alone.
//   torch: as nn.Transformer does: embedding N(0,1); matrices of the stacks Xavier uniform (in_proj
//   as one (3d, d) matrix), attention biases 0,
//          biases of linear1/2 and the output layer uniform in 1/sqrt(fan_in), the output layer's
//          weight too.
//   others: N(0, init_std) with zero biases and a zero row for pad, as Hugging Face does; init_std
//   0: matrices Xavier uniform, embeddings N(0, 1/d).
void ig_initialize_model(ig_model *model, uint64_t seed);
#endif
