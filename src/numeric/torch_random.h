// PyTorch's random numbers on a CPU, in the order in which mergekit draws them: for recipes that
// are to give the masks of a seeded mergekit. mt19937 (Matsumoto & Nishimura 1998), one 32-bit
// number for each element of a tensor that is thinned out by chance, tensors by name, models in the
// recipe's order within a tensor.
#ifndef IG_NUMERIC_TORCH_RANDOM_H
#define IG_NUMERIC_TORCH_RANDOM_H
#include <stddef.h>
#include <stdint.h>

enum { IG_TORCH_RANDOM_WORDS = 624 };
typedef struct ig_torch_random {
  uint32_t word[IG_TORCH_RANDOM_WORDS];
  uint32_t used;  // words of this state that were drawn
} ig_torch_random;

void ig_torch_random_seed(ig_torch_random *mt, uint64_t seed);
// torch's uniform float of 24 bits in [0, 1).
void ig_torch_random_uniform(ig_torch_random *mt, size_t count, float *out);
void ig_torch_random_skip(ig_torch_random *mt, uint64_t count);
#endif
