// The random numbers of numpy.random.default_rng(seed): SeedSequence and PCG64 (O'Neill 2014, "PCG:
// A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number
// Generation", XSL-RR 128/64). sacreBLEU draws resamples by them, so that whoever has the same seed
// gets the same intervals.
#ifndef IG_METRIC_NUMPY_RANDOM_H
#define IG_METRIC_NUMPY_RANDOM_H
#include <stdbool.h>
#include <stdint.h>

typedef struct ig_numpy_random {
  uint64_t state[2], increment[2];  // 128 bits each, the low half first
  bool has_half;                    // 32 bits are left of the last 64
  uint32_t half;
} ig_numpy_random;

ig_numpy_random ig_numpy_random_seed(uint64_t seed);
uint64_t ig_numpy_random_u64(ig_numpy_random *random);
uint32_t ig_numpy_random_u32(ig_numpy_random *random);
// 0 to count - 1, as Generator.choice draws with replacement. count: 1 or more.
uint32_t ig_numpy_random_choice(ig_numpy_random *random, uint32_t count);

// Bits, as Generator.integers(2, dtype=bool) draws them: 32 of each number, the lowest first. What
// is left at the end of a call is lost, so that a call has bits of its own. Start from {0}.
typedef struct ig_numpy_random_bits {
  uint32_t word;
  int left;
} ig_numpy_random_bits;
bool ig_numpy_random_bit(ig_numpy_random *random, ig_numpy_random_bits *bits);
#endif
