#include "base/bf16.h"

#include <string.h>

#include "base/float_bits.h"
#include "base/vectors.h"

float ig_bf16_to_float(uint16_t x) { return ig_float_bits_to_float((uint32_t)x << 16); }

uint16_t ig_bf16_from_float(float x) {
  uint32_t bits = ig_float_bits(x);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u)
    return (uint16_t)((bits >> 16) | 0x0040u);  // NaN: quiet, never rounded into infinity
  bits += 0x7FFFu + ((bits >> 16) & 1u);        // to nearest, ties to even
  return (uint16_t)(bits >> 16);
}

IG_VECTORS void ig_bf16_to_floats(size_t count, const void *from, float *to) {
  for (size_t i = 0; i < count; i++) {
    uint16_t x;
    memcpy(&x, (const char *)from + 2 * i, sizeof x);
    to[i] = ig_float_bits_to_float((uint32_t)x << 16);
  }
}

// The loop has no branches, so that it becomes vector instructions.
IG_VECTORS void ig_bf16_from_floats(size_t count, const float *restrict from,
                                    uint16_t *restrict to) {
  for (size_t i = 0; i < count; i++) {
    const uint32_t bits = ig_float_bits(from[i]), rounded = bits + 0x7FFFu + (bits >> 16 & 1u),
                   nan = bits | 0x00400000u;
    to[i] = (uint16_t)(((bits & 0x7FFFFFFFu) > 0x7F800000u ? nan : rounded) >> 16);
  }
}
