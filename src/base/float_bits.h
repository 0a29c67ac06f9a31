// The bits of a float, and the float of given bits, without breaking the rules of aliasing.
#ifndef IG_BASE_FLOAT_BITS_H
#define IG_BASE_FLOAT_BITS_H
#include <stdint.h>
#include <string.h>

static inline uint32_t ig_float_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline float ig_float_bits_to_float(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}
#endif
