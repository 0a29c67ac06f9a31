// PyTorch's random numbers on a CPU, with which a recipe can give the same masks as a seeded
// mergekit. The generator is mt19937 (Matsumoto & Nishimura 1998). mergekit draws one 32-bit number
// for each element of a tensor that is thinned out by chance: tensors in the order of their names,
// and within a tensor the models in the recipe's order.
#ifndef IG_NUMERIC_TORCH_RANDOM_H
#define IG_NUMERIC_TORCH_RANDOM_H
#include <stddef.h>
#include <stdint.h>

enum { IG_TORCH_RANDOM_WORDS = 624 };
typedef struct ig_torch_random {
  uint32_t word[IG_TORCH_RANDOM_WORDS];
  uint32_t used;  // words of this state that have been drawn
} ig_torch_random;

void ig_torch_random_seed(ig_torch_random *mt, uint64_t seed);
// out (count): torch's uniform floats in [0, 1), each of the low 24 bits of a number.
void ig_torch_random_uniform(ig_torch_random *mt, size_t count, float *out);
// Has the effect of drawing so many numbers.
void ig_torch_random_skip(ig_torch_random *mt, uint64_t count);
#endif
