#include "numeric/torch_random.h"

enum { MIDDLE = 397 };

void ig_torch_random_seed(ig_torch_random *mt, uint64_t seed) {
  mt->word[0] = (uint32_t)seed;
  for (uint32_t i = 1; i < IG_TORCH_RANDOM_WORDS; i++)
    mt->word[i] = 1812433253u * (mt->word[i - 1] ^ (mt->word[i - 1] >> 30)) + i;
  mt->used = IG_TORCH_RANDOM_WORDS;
}

// Makes the next IG_TORCH_RANDOM_WORDS words of the sequence.
static void make_next_words(ig_torch_random *mt) {
  for (uint32_t i = 0; i < IG_TORCH_RANDOM_WORDS; i++) {
    const uint32_t pair =
        (mt->word[i] & 0x80000000u) | (mt->word[(i + 1) % IG_TORCH_RANDOM_WORDS] & 0x7FFFFFFFu);
    mt->word[i] =
        mt->word[(i + MIDDLE) % IG_TORCH_RANDOM_WORDS] ^ (pair >> 1) ^ (pair & 1 ? 0x9908B0DFu : 0);
  }
  mt->used = 0;
}

// The number that a word of the state stands for: mt19937's tempering.
static uint32_t temper(uint32_t x) {
  x ^= x >> 11;
  x ^= (x << 7) & 0x9D2C5680u;
  x ^= (x << 15) & 0xEFC60000u;
  return x ^ (x >> 18);
}

void ig_torch_random_uniform(ig_torch_random *mt, size_t count, float *out) {
  for (size_t i = 0; i < count; i++) {
    if (mt->used == IG_TORCH_RANDOM_WORDS) make_next_words(mt);
    out[i] = (float)(temper(mt->word[mt->used++]) & 0xFFFFFFu) * 0x1p-24f;
  }
}

void ig_torch_random_skip(ig_torch_random *mt, uint64_t count) {
  while (count > IG_TORCH_RANDOM_WORDS - mt->used) {
    count -= IG_TORCH_RANDOM_WORDS - mt->used;
    make_next_words(mt);
  }
  mt->used += (uint32_t)count;
}
