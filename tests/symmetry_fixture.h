// What tests of symmetries share: orders that are drawn, all kinds of permutations at once.
#ifndef IG_TESTS_SYMMETRY_FIXTURE_H
#define IG_TESTS_SYMMETRY_FIXTURE_H
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "fuse/align/symmetries.h"

// The families' small models of tests/golden.
static const char *const symmetry_models[] = {
    "bart_tiny", "m2m_100_tiny", "marian_tiny", "mbart_tiny",    "mt5_tiny",      "pegasus_tiny",
    "t5_tiny",   "t5_v1_1_tiny", "umt5_tiny",   "untied/marian", "untied/pegasus"};
enum { SYMMETRY_MODELS = sizeof symmetry_models / sizeof *symmetry_models };

// Orders (places) in which heads change places as wholes, those of a turn in the same way.
static inline void symmetry_draw(const ig_symmetries *s, uint64_t seed, uint32_t *orders) {
  for (size_t i = 0; i < s->count; i++) {
    const ig_permutation *p = &s->permutations[i];
    const size_t heads = p->heads ? p->heads : 1, size = p->count / heads;
    uint32_t *of_heads = malloc(heads * sizeof *of_heads), *within = malloc(size * sizeof *within);
    of_heads[0] = 0;
    if (p->heads) ig_random_permutation(seed, 1000 + p->turn, heads, of_heads);
    for (size_t h = 0; h < heads; h++) {
      ig_random_permutation(seed, i * 1000000 + h, size, within);
      for (size_t k = 0; k < size; k++)
        orders[p->begin + h * size + k] = of_heads[h] * (uint32_t)size + within[k];
    }
    free(of_heads);
    free(within);
  }
}
#endif
