#include "base/random.h"

#include <math.h>

// Salmon et al. 2011, section 4.3: multipliers, Weyl constants, ten rounds.
ig_philox_block ig_random_philox(const uint32_t counter[4], const uint32_t key[2]) {
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)p1;
    c3 = (uint32_t)p0;
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return (ig_philox_block){{c0, c1, c2, c3}};
}

uint64_t ig_random_stream(const char *name) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (const unsigned char *p = (const unsigned char *)name; *p; p++)
    hash = (hash ^ *p) * 0x100000001B3u;
  return hash;
}

// Block b of the stream: counter (b, stream), key seed.
static ig_philox_block stream_block(uint64_t seed, uint64_t stream, uint64_t block) {
  const uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream,
                               (uint32_t)(stream >> 32)};
  const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  return ig_random_philox(counter, key);
}

static double uniform_of(uint32_t high, uint32_t low) {
  return (double)((((uint64_t)high << 32) | low) >> 11) * 0x1p-53;
}

uint32_t ig_random_u32(uint64_t seed, uint64_t stream, uint64_t i) {
  return stream_block(seed, stream, i / 4).word[i % 4];
}

double ig_random_uniform(uint64_t seed, uint64_t stream, uint64_t i) {
  ig_philox_block block = stream_block(seed, stream, i / 2);
  const uint32_t *word = block.word + 2 * (i % 2);
  return uniform_of(word[0], word[1]);
}

// Box & Muller 1958: one block gives two uniforms, two uniforms give two normals (cosine for even
// i, sine for odd).
double ig_random_normal(uint64_t seed, uint64_t stream, uint64_t i) {
  ig_philox_block block = stream_block(seed, stream, i / 2);
  // 1 - u, for u can be 0 but never 1.
  double radius = sqrt(-2.0 * log(1.0 - uniform_of(block.word[0], block.word[1])));
  double angle = 6.283185307179586 * uniform_of(block.word[2], block.word[3]);
  return radius * (i % 2 ? sin(angle) : cos(angle));
}

void ig_random_permutation(uint64_t seed, uint64_t stream, size_t n, uint32_t *out) {
  for (size_t i = 0; i < n; i++) out[i] = (uint32_t)i;
  for (size_t i = n; i-- > 1;) {
    size_t j = (size_t)(ig_random_uniform(seed, stream, i) * (double)(i + 1));  // 0..i
    uint32_t kept = out[i];
    out[i] = out[j];
    out[j] = kept;
  }
}
