// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as
// 1, 2, 3", SC 2011). A number is a pure function of (seed, stream, position): there is nothing
// to store, and nothing depends on threads.
#ifndef IG_BASE_RANDOM_H
#define IG_BASE_RANDOM_H
#include <stddef.h>
#include <stdint.h>

typedef struct ig_philox_block {
  uint32_t word[4];
} ig_philox_block;
ig_philox_block ig_random_philox(const uint32_t counter[4], const uint32_t key[2]);

uint64_t ig_random_stream(const char *name);  // FNV-1a of the name
// The i-th number of the stream.
uint32_t ig_random_u32(uint64_t seed, uint64_t stream, uint64_t i);
double ig_random_uniform(uint64_t seed, uint64_t stream, uint64_t i);  // [0,1), 53 bits
double ig_random_normal(uint64_t seed, uint64_t stream, uint64_t i);   // Box-Muller
// A permutation of 0..n-1 (Fisher-Yates over the stream).
void ig_random_permutation(uint64_t seed, uint64_t stream, size_t n, uint32_t *out);
#endif
